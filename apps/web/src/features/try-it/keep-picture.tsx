/** Adds a tried picture to the project's pictures, so that the next training learns from it: under the label a person says, or with the model's labels or boxes to be put right. */
import { Anchor, Button, Group, Menu, Text } from "@mantine/core";
import { mdiCheck, mdiImagePlusOutline } from "@mdi/js";
import type { Prediction } from "@sightline/api/predictions";
import type { Project } from "@sightline/api/projects";
import type { Annotation } from "@sightline/api/samples";
import { Link } from "react-router";
import { useChange } from "../../app/api.js";
import { useMay } from "../../app/session.js";
import { mediaTypeOf } from "../../components/dropped-files.js";
import { Icon } from "../../components/icon.js";
import { titleOf } from "../projects/labels.js";
import { answerOf, boxesInAddress } from "./model-answer.js";
import type { Kept, Trial } from "./use-trials.js";

export interface KeepPictureProps {
  trial: Trial;
  prediction: Prediction;
  project: Project;
  labels: readonly string[];
  onKept: (kept: Kept | undefined) => void;
}

export function KeepPicture({ trial, prediction, project, labels, onKept }: KeepPictureProps) {
  const may = useMay("addSample");
  const change = useChange("changeSample");
  const answer = answerOf(prediction);
  const add = useChange("addSample", {
    onDone: ({ id, label, boxes, projectId }) => {
      onKept({ sampleId: id, label: label ?? "", projectId });
      // An address has no room for more: the others follow.
      const all = answer?.boxes;
      if (all !== undefined && boxes !== null && boxes.length < all.length)
        change.mutate({ params: { sampleId: id }, body: { boxes: all } });
    },
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
            {answer === null ? `Added to ${titleOf(kept.label)}` : "Added"}
          </Text>
        </Group>
        {answer !== null && (
          <Anchor component={Link} size="xs" to={`/projects/${project.id}/pictures/${kept.sampleId}`}>
            Put it right
          </Anchor>
        )}
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
  const addAs = async ({ label, labels, boxes }: Annotation) => {
    const said = {
      label,
      labels: labels && JSON.stringify(labels),
      boxes: boxes && JSON.stringify(boxes.slice(0, boxesInAddress)),
    };
    add.mutate({
      params: { projectId: project.id },
      query: { ...said, part: "auto", name: file.name.slice(0, 200) },
      bytes: new Uint8Array(await file.arrayBuffer()),
      contentType: mediaTypeOf(file),
    });
  };
  const button = {
    variant: "default",
    size: "xs",
    fullWidth: true,
    loading: add.isPending,
    leftSection: <Icon path={mdiImagePlusOutline} size={16} />,
    "aria-label": `Add ${file.name} to the pictures of ${project.name}`,
  } as const;
  if (answer !== null) {
    return (
      <Button {...button} onClick={() => void addAs(answer)}>
        Add to the pictures
      </Button>
    );
  }
  return (
    <Menu width="target" position="bottom" withinPortal>
      <Menu.Target>
        <Button {...button}>Add to the pictures</Button>
      </Menu.Target>
      <Menu.Dropdown mah={280} style={{ overflowY: "auto" }}>
        <Menu.Label>What it really shows</Menu.Label>
        {labels.map((label) => (
          <Menu.Item key={label} onClick={() => void addAs({ label })}>
            {titleOf(label)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
