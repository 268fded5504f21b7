/** Every threshold that was in force, on request. */
import { Button, Modal, Table, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { mdiHistory } from "@mdi/js";
import type { Project } from "@sightline/api/projects";
import { useApi } from "../../app/api.js";
import { Answer } from "../../components/answer.js";
import { Icon } from "../../components/icon.js";
import { TimeText } from "../../components/time-text.js";

export function ThresholdHistory({ project }: { project: Project }) {
  const [isOpen, dialog] = useDisclosure(false);
  return (
    <>
      <Button variant="subtle" color="gray" leftSection={<Icon path={mdiHistory} size={18} />} onClick={dialog.open}>
        History
      </Button>
      <Modal
        opened={isOpen}
        onClose={dialog.close}
        title={<Text fw={620}>Thresholds of {project.name}</Text>}
        size="lg"
      >
        {isOpen && <Changes projectId={project.id} />}
      </Modal>
    </>
  );
}

function Changes({ projectId }: { projectId: string }) {
  const history = useApi("getThresholdHistory", { params: { projectId } });
  const models = useApi("listModels", { query: { project: projectId } }).data?.items ?? [];
  return (
    <Answer query={history} compact>
      {({ items }) =>
        items.length === 0 ? (
          <Text size="sm" c="dimmed">
            No model has run yet.
          </Text>
        ) : (
          <Table.ScrollContainer minWidth={420}>
            <Table>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Since</Table.Th>
                  <Table.Th>By</Table.Th>
                  <Table.Th>Model</Table.Th>
                  <Table.Th ta="right">Threshold</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {items.map((change) => {
                  const model = models.find((one) => one.id === change.modelId);
                  return (
                    <Table.Tr key={change.changedAt}>
                      <Table.Td>
                        <TimeText time={change.changedAt} />
                      </Table.Td>
                      <Table.Td>{change.changedBy}</Table.Td>
                      <Table.Td>{model === undefined ? "–" : `version ${model.version}`}</Table.Td>
                      <Table.Td ta="right">{change.threshold.toFixed(3)}</Table.Td>
                    </Table.Tr>
                  );
                })}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )
      }
    </Answer>
  );
}
