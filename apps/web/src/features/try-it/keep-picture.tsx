/** Adds a tried picture to the project's pictures under the label a person says, so that the next training learns from it. */
import { Anchor, Button, Group, Menu, Text } from "@mantine/core";
import { mdiCheck, mdiImagePlusOutline } from "@mdi/js";
import type { Project } from "@sightline/api/schemas";
import { useChange } from "../../app/api.js";
import { useMay } from "../../app/session.js";
import { mediaTypeOf } from "../../components/dropped-files.js";
import { Icon } from "../../components/icon.js";
import { titleOf } from "../projects/labels.js";
import type { Kept, Trial } from "./use-trials.js";

export interface KeepPictureProps {
  trial: Trial;
  project: Project;
  labels: readonly string[];
  onKept: (kept: Kept | undefined) => void;
}

export function KeepPicture({ trial, project, labels, onKept }: KeepPictureProps) {
  const may = useMay("addSample");
  const add = useChange("addSample", {
    onDone: ({ id, label, projectId }) => onKept({ sampleId: id, label: label ?? "", projectId }),
  });
  const remove = useChange("deleteSample", { onDone: () => onKept(undefined) });
  if (!may.allowed) return null;
  const { file, kept } = trial;
  if (kept?.projectId === project.id) {
    return (
      <Group justify="space-between" wrap="nowrap" gap="xs" mih={30} role="status">
        <Group gap={4} wrap="nowrap" c="var(--good-text)" miw={0}>
          <Icon path={mdiCheck} size={16} />
          <Text size="xs" fw={600} truncate>
            Added to {titleOf(kept.label)}
          </Text>
        </Group>
        <Anchor
          component="button"
          type="button"
          size="xs"
          disabled={remove.isPending}
          aria-label={`Take ${file.name} out again`}
          onClick={() => remove.mutate({ params: { sampleId: kept.sampleId } })}
        >
          Undo
        </Anchor>
      </Group>
    );
  }
  const addAs = async (label: string) => {
    add.mutate({
      params: { projectId: project.id },
      query: { label, part: "auto", name: file.name.slice(0, 200) },
      bytes: new Uint8Array(await file.arrayBuffer()),
      contentType: mediaTypeOf(file),
    });
  };
  return (
    <Menu width="target" position="bottom" withinPortal>
      <Menu.Target>
        <Button
          variant="default"
          size="xs"
          fullWidth
          loading={add.isPending}
          leftSection={<Icon path={mdiImagePlusOutline} size={16} />}
          aria-label={`Add ${file.name} to the pictures of ${project.name}`}
        >
          Add to the pictures
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={280} style={{ overflowY: "auto" }}>
        <Menu.Label>What it really shows</Menu.Label>
        {labels.map((label) => (
          <Menu.Item key={label} onClick={() => void addAs(label)}>
            {titleOf(label)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
