/** A picture on which boxes are drawn: the picture, its tools, the labels and the list of boxes. */
import { ActionIcon, Grid, Group, Kbd, Stack, Text, Tooltip } from "@mantine/core";
import { mdiMagnifyMinusOutline, mdiMagnifyPlusOutline, mdiRedo, mdiUndo } from "@mdi/js";
import type { Box } from "@sightline/api/predictions";
import type { Project } from "@sightline/api/projects";
import type { Sample } from "@sightline/api/samples";
import { useState } from "react";
import { client } from "../../app/api.js";
import { useMay } from "../../app/session.js";
import { plural } from "../../components/format.js";
import { Icon } from "../../components/icon.js";
import { Panel } from "../../components/panel.js";
import { BoxCanvas } from "./box-canvas.js";
import { BoxEditor } from "./box-editor.js";
import { BoxList } from "./box-list.js";
import { LabelChoice } from "./label-choice.js";
import { keepLabel, labelInHand } from "./label-in-hand.js";
import { SavingMark } from "./saving-mark.js";
import { useAnnotation } from "./use-annotation.js";

export interface BoxesViewProps {
  project: Project;
  sample: Sample;
  boxes: readonly Box[];
}

const zooms = [1, 1.5, 2, 3, 4, 6, 8] as const;

export function BoxesView({ project, sample, boxes }: BoxesViewProps) {
  const may = useMay("changeSample");
  const kept = useAnnotation(sample.id);
  const [editor, setEditor] = useState(() => BoxEditor.of(sample, boxes));
  const [added, setAdded] = useState<readonly string[]>([]);
  const [zoom, setZoom] = useState(0);
  const used = editor.boxes.map((box) => box.label);
  const labels = [...new Set([...Object.keys(project.samples.byLabel), ...added, ...used])].sort();
  const [wanted, setWanted] = useState(labelInHand(project.id));
  const label = wanted !== undefined && labels.includes(wanted) ? wanted : (labels[0] ?? null);
  const change = (next: BoxEditor) => {
    if (next.boxes !== editor.boxes) kept.save({ boxes: [...next.boxes] });
    // A chosen box shows its label; the next box is likely of the same kind.
    const chosen = next.selected === null || next.isBusy ? undefined : next.boxes[next.selected];
    if (chosen !== undefined) take(chosen.label);
    setEditor(next);
  };
  const take = (one: string) => {
    keepLabel(project.id, one);
    setWanted(one);
  };
  const choose = (one: string) => {
    take(one);
    change(editor.relabel(one));
  };
  const readOnly = !may.allowed;
  return (
    <Grid gap="lg">
      <Grid.Col span={{ base: 12, lg: 8 }}>
        {!readOnly && (
          <Group justify="space-between" mb="xs" gap="xs">
            <Group gap={6}>
              <Tool icon={mdiUndo} title="Undo" disabled={!editor.canUndo} onClick={() => change(editor.undo())} />
              <Tool icon={mdiRedo} title="Redo" disabled={!editor.canRedo} onClick={() => change(editor.redo())} />
              <Tool
                icon={mdiMagnifyMinusOutline}
                title="Smaller"
                disabled={zoom === 0}
                onClick={() => setZoom(zoom - 1)}
              />
              <Tool
                icon={mdiMagnifyPlusOutline}
                title="Larger"
                disabled={zoom === zooms.length - 1}
                onClick={() => setZoom(zoom + 1)}
              />
            </Group>
            <SavingMark kept={kept} />
          </Group>
        )}
        <BoxCanvas
          editor={editor}
          onChange={change}
          size={sample}
          src={client.address("getSampleImage", { params: { sampleId: sample.id } })}
          name={sample.name}
          label={label}
          labels={labels}
          onLabel={take}
          zoom={zooms[zoom] ?? 1}
          readOnly={readOnly}
        />
      </Grid.Col>
      <Grid.Col span={{ base: 12, lg: 4 }}>
        <Stack gap="lg">
          {!readOnly && (
            <Panel
              title="Label"
              note={
                label === null
                  ? "Name first what shall be found, such as “screw”."
                  : "Of the chosen box, and of the next one."
              }
            >
              <LabelChoice
                forBoxes
                name="Label of boxes"
                labels={labels}
                chosen={label === null ? [] : [label]}
                onChoose={([one]) => one !== undefined && choose(one)}
                onAdd={(one) => {
                  setAdded([...added, one]);
                  choose(one);
                }}
              />
            </Panel>
          )}
          <Panel title={plural(editor.boxes.length, "box", "boxes")}>
            <BoxList editor={editor} labels={labels} onChange={change} readOnly={readOnly} />
          </Panel>
          {!readOnly && <Keys />}
        </Stack>
      </Grid.Col>
    </Grid>
  );
}

interface ToolProps {
  icon: string;
  title: string;
  disabled: boolean;
  onClick: () => void;
}

function Tool({ icon, title, disabled, onClick }: ToolProps) {
  return (
    <Tooltip label={title}>
      <ActionIcon variant="default" size={34} aria-label={title} disabled={disabled} onClick={onClick}>
        <Icon path={icon} size={18} />
      </ActionIcon>
    </Tooltip>
  );
}

const keys: readonly [keys: readonly string[], does: string][] = [
  [["1", "…", "9"], "choose the label"],
  [["←", "↑", "→", "↓"], "move the box, with Shift by 10 pixels"],
  [["Alt", "+", "→", "↓"], "change its size"],
  [["n", "p"], "next box, box before"],
  [["b"], "a box in the middle"],
  [["Del"], "remove the box"],
  [["Esc"], "let go; then the arrows turn the pictures"],
];

function Keys() {
  return (
    <Stack gap={6} px={4} visibleFrom="lg" component="dl" m={0} aria-label="Keys on the picture">
      {keys.map(([names, does]) => (
        <Group key={does} gap="sm" wrap="nowrap" align="baseline">
          <Group component="dt" gap={3} wrap="nowrap" miw={104}>
            {names.map((name) =>
              name === "…" || name === "+" ? (
                <span key={name}>{name}</span>
              ) : (
                <Kbd key={name} size="xs">
                  {name}
                </Kbd>
              ),
            )}
          </Group>
          <Text component="dd" m={0} size="xs" c="dimmed">
            {does}
          </Text>
        </Group>
      ))}
    </Stack>
  );
}
