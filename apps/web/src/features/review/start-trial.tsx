/** Starts a trial: which version, on which pictures. */
import { Button, Group, Modal, NumberInput, Radio, Select, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { mdiPlus } from "@mdi/js";
import type { Model } from "@sightline/api/models";
import type { Trial } from "@sightline/api/reviews";
import { useState } from "react";
import { useNavigate } from "react-router";
import { useApi, useChange } from "../../app/api.js";
import { ActionButton } from "../../components/action-button.js";
import { Icon } from "../../components/icon.js";

const sources: readonly { value: Trial["source"]; label: string; description: string }[] = [
  { value: "pictures", label: "New pictures", description: "That you drop next." },
  {
    value: "inspections",
    label: "Recent inspections",
    description: "Judged again: you look only at those where the answers differ.",
  },
  {
    value: "shadow",
    label: "Beside the running version",
    description: "Judges what comes in from now on; its answers change nothing on the line.",
  },
];

export function StartTrial({ projectId, modelId }: { projectId: string | undefined; modelId?: string | undefined }) {
  const [isOpen, dialog] = useDisclosure(modelId !== undefined);
  return (
    <>
      <ActionButton route="startTrial" onClick={dialog.open} leftSection={<Icon path={mdiPlus} size={18} />}>
        New trial
      </ActionButton>
      <Modal opened={isOpen} onClose={dialog.close} title={<Text fw={620}>New trial</Text>}>
        <Form projectId={projectId} modelId={modelId} close={dialog.close} />
      </Modal>
    </>
  );
}

interface FormProps {
  projectId: string | undefined;
  modelId: string | undefined;
  close: () => void;
}

function Form({ projectId, modelId, close }: FormProps) {
  const navigate = useNavigate();
  const models = useApi("listModels", { query: { project: projectId } }).data?.items ?? [];
  const projects = useApi("listProjects").data?.items ?? [];
  const [chosen, setChosen] = useState<string | null>(modelId ?? null);
  const [source, setSource] = useState<Trial["source"]>("pictures");
  const [count, setCount] = useState(50);
  const model = models.find(({ id }) => id === chosen) ?? models.find((one) => !one.isRunning) ?? models[0];
  const start = useChange("startTrial", { onDone: ({ id }) => void navigate(`/trials/${id}`) });
  const nameOf = (one: Model) => projects.find(({ id }) => id === one.projectId)?.name ?? "project";
  if (model === undefined) {
    return (
      <Text size="sm" c="dimmed">
        There is no model to try yet. Train one from pictures first.
      </Text>
    );
  }
  const isBlocked = source === "shadow" && model.isRunning;
  return (
    <Stack gap="lg">
      <Select
        label="Version"
        allowDeselect={false}
        value={model.id}
        onChange={setChosen}
        searchable={models.length > 8}
        data={models.map((one) => ({
          value: one.id,
          label: `${nameOf(one)}, version ${one.version}${one.isRunning ? " (running)" : ""}`,
        }))}
      />
      <Radio.Group label="On" value={source} onChange={(value) => setSource(value as Trial["source"])}>
        <Stack gap="sm" mt={6}>
          {sources.map((one) => (
            <Radio key={one.value} {...one} />
          ))}
        </Stack>
      </Radio.Group>
      {source === "inspections" && (
        <NumberInput
          label="How many of the newest"
          min={1}
          max={500}
          clampBehavior="strict"
          value={count}
          onChange={(value) => setCount(typeof value === "number" ? value : 50)}
        />
      )}
      {isBlocked && (
        <Text size="sm" c="dimmed" role="status">
          This version runs: beside itself nothing would differ. Choose another.
        </Text>
      )}
      <Group justify="flex-end">
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
        <ActionButton
          route="startTrial"
          loading={start.isPending}
          blocked={isBlocked ? "Choose another version." : undefined}
          onClick={() =>
            start.mutate({
              params: { modelId: model.id },
              body: { source, ...(source === "inspections" ? { inspections: { count } } : {}) },
            })
          }
        >
          Start
        </ActionButton>
      </Group>
    </Stack>
  );
}
