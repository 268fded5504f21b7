/** Everything known about a model version: in words, at each threshold, per class, against the other methods. */
import { Grid, Stack } from "@mantine/core";
import type { ModelDetail } from "@sightline/api/models";
import type { Project } from "@sightline/api/projects";
import { useState } from "react";
import { CandidatesPanel } from "./candidates-panel.js";
import { ConfusionPanel } from "./confusion-panel.js";
import { DefectsPanel } from "./defects-panel.js";
import { PerLabelPanel } from "./per-label-panel.js";
import { RocPanel } from "./roc-panel.js";
import { SummaryPanel } from "./summary-panel.js";
import { outcomeAt } from "./threshold.js";
import { ThresholdPanel } from "./threshold-panel.js";

export function ModelReport({ model, project }: { model: ModelDetail; project: Project }) {
  const inForce = model.isRunning ? project.threshold : 0.5;
  const [chosen, setChosen] = useState<number>();
  const threshold = chosen ?? inForce;
  const { scores, roc, metrics, candidates } = model;
  const withRoc = roc.length > 1 && scores.some((one) => one.isAnomaly) && scores.some((one) => !one.isAnomaly);
  return (
    <Stack gap="lg">
      <SummaryPanel model={model} />
      {scores.length > 0 && (
        <ThresholdPanel model={model} project={project} threshold={threshold} inForce={inForce} onChange={setChosen} />
      )}
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: withRoc ? 7 : 12 }}>
          <Stack gap="lg">
            {metrics !== null && metrics.confusion.labels.length > 0 && (
              <ConfusionPanel metrics={metrics} task={model.task} />
            )}
            {metrics !== null && metrics.perLabel.length > 0 && <PerLabelPanel metrics={metrics} task={model.task} />}
            {metrics?.defects !== undefined && <DefectsPanel defects={metrics.defects} />}
            {candidates.length > 1 && <CandidatesPanel candidates={candidates} />}
          </Stack>
        </Grid.Col>
        {withRoc && (
          <Grid.Col span={{ base: 12, md: 5 }}>
            <RocPanel roc={roc} auroc={metrics?.auroc ?? null} outcome={outcomeAt(scores, threshold)} />
          </Grid.Col>
        )}
      </Grid>
    </Stack>
  );
}
