/** A picture with its label, or with any number of them, as chips. */
import { Grid, Stack, Text } from "@mantine/core";
import type { Project } from "@sightline/api/projects";
import type { Sample } from "@sightline/api/samples";
import { useState } from "react";
import { client } from "../../app/api.js";
import { useMay } from "../../app/session.js";
import { Panel } from "../../components/panel.js";
import { Picture } from "../../components/picture.js";
import { isNormal, sortLabels } from "../projects/labels.js";
import { LabelChoice } from "./label-choice.js";
import css from "./labels-view.module.css";
import { type Brush, MaskCanvas } from "./mask-canvas.js";
import maskCss from "./mask-canvas.module.css";
import { withStroke } from "./mask-drawing.js";
import { MaskPanel } from "./mask-panel.js";
import { SavingMark } from "./saving-mark.js";
import { useAnnotation } from "./use-annotation.js";
import { useMask } from "./use-mask.js";

export function LabelsView({ project, sample }: { project: Project; sample: Sample }) {
  const may = useMay("changeSample");
  const kept = useAnnotation(sample.id);
  const isSeveral = sample.labels !== null;
  const [chosen, setChosen] = useState<readonly string[]>(
    sample.labels ?? (sample.label === null ? [] : [sample.label]),
  );
  const [added, setAdded] = useState<readonly string[]>([]);
  const [brush, setBrush] = useState<Brush | null>(null);
  const mask = useMask(project, sample, () => setBrush(null));
  // Only a defect is somewhere in the picture.
  const isDefect = !isSeveral && chosen[0] !== undefined && !isNormal(chosen[0]);
  const labels = sortLabels([...new Set([...Object.keys(project.samples.byLabel), ...added, ...chosen])]);
  const choose = (wanted: readonly string[]) => {
    setChosen(wanted);
    kept.save(isSeveral ? { labels: [...wanted] } : { label: wanted[0] ?? "" });
  };
  const add = (label: string) => {
    setAdded([...added, label]);
    choose(isSeveral ? [...chosen, label] : [label]);
  };
  return (
    <Grid gap="lg">
      <Grid.Col span={{ base: 12, lg: 8 }}>
        <div className={css.picture}>
          <div className={maskCss.stage}>
            <Picture src={client.address("getSampleImage", { params: { sampleId: sample.id } })} alt={sample.name} />
            {isDefect && (
              <MaskCanvas
                picture={sample}
                base={mask.base}
                strokes={mask.drawing.strokes}
                brush={brush}
                onStroke={(stroke) => mask.setDrawing(withStroke(mask.drawing, stroke))}
              />
            )}
          </div>
        </div>
      </Grid.Col>
      <Grid.Col span={{ base: 12, lg: 4 }}>
        <Stack gap="lg">
          <Panel
            title={isSeveral ? "What holds" : "What it shows"}
            note={isSeveral ? "Any number of labels, also none." : undefined}
            side={<SavingMark kept={kept} />}
          >
            {labels.length === 0 && (
              <Text size="sm" c="dimmed" mb="sm">
                No label has a name yet.
              </Text>
            )}
            <LabelChoice
              name="Labels"
              labels={labels}
              chosen={chosen}
              several={isSeveral}
              onChoose={choose}
              onAdd={add}
              disabled={!may.allowed}
            />
          </Panel>
          {isDefect && <MaskPanel {...{ sample, mask, brush, setBrush }} />}
        </Stack>
      </Grid.Col>
    </Grid>
  );
}
