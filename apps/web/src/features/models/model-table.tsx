/** The versions of one project's model: how good each is, which one runs. */
import { Anchor, Badge, Group, Table, Text } from "@mantine/core";
import { mdiCubeOutline } from "@mdi/js";
import type { Model } from "@sightline/api/schemas";
import { Link } from "react-router";
import { useApi } from "../../app/api.js";
import { Answer } from "../../components/answer.js";
import { Face } from "../../components/face.js";
import { percent } from "../../components/format.js";
import { Panel } from "../../components/panel.js";
import { TimeText } from "../../components/time-text.js";
import { StartStopButton } from "./start-stop-button.js";
import { UploadModel } from "./upload-model.js";

export function ModelTable({ projectId, title = "Versions" }: { projectId: string; title?: string }) {
  const models = useApi("listModels", { query: { project: projectId } });
  return (
    <Panel title={title} side={<UploadModel projectId={projectId} />} flush>
      <Answer query={models} compact>
        {({ items }) =>
          items.length === 0 ? (
            <Face
              compact
              icon={mdiCubeOutline}
              title="No model yet"
              action={
                <Anchor component={Link} to={`/projects/${projectId}/setup?step=train`} size="sm" fw={600}>
                  Train the first one
                </Anchor>
              }
            />
          ) : (
            <Table.ScrollContainer minWidth={560}>
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>Version</Table.Th>
                    <Table.Th>Method</Table.Th>
                    <Table.Th>Made</Table.Th>
                    <Table.Th ta="right">Accuracy</Table.Th>
                    <Table.Th ta="right">AUROC</Table.Th>
                    <Table.Th />
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {items.map((model) => (
                    <ModelRow key={model.id} model={model} />
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )
        }
      </Answer>
    </Panel>
  );
}

function ModelRow({ model }: { model: Model }) {
  return (
    <Table.Tr>
      <Table.Td>
        <Group gap="xs" wrap="nowrap">
          <Anchor component={Link} to={`/models/${model.id}`} fw={600} size="sm">
            Version {model.version}
          </Anchor>
          {model.isRunning && (
            <Badge size="sm" variant="light" color="good" radius="sm">
              Running
            </Badge>
          )}
        </Group>
      </Table.Td>
      <Table.Td>
        {model.method}
        <Text size="xs" c="dimmed">
          {model.source === "uploaded" ? "uploaded" : `${model.trainImages} pictures`}
        </Text>
      </Table.Td>
      <Table.Td>
        <TimeText time={model.createdAt} />
      </Table.Td>
      <Table.Td ta="right">{percent(model.metrics?.accuracy)}</Table.Td>
      <Table.Td ta="right">{percent(model.metrics?.auroc)}</Table.Td>
      <Table.Td ta="right">
        <StartStopButton model={model} size="xs" />
      </Table.Td>
    </Table.Tr>
  );
}
