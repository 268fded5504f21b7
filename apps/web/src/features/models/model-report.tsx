/** Everything known about a model version: in words, at each threshold, per class, against the other methods. */
import { Grid, Stack } from "@mantine/core";
import type { ModelDetail, Project } from "@sightline/api/schemas";
import { useState } from "react";
import { CandidatesPanel } from "./candidates-panel.js";
import { ConfusionPanel } from "./confusion-panel.js";
import { RocPanel } from "./roc-panel.js";
import { SummaryPanel } from "./summary-panel.js";
import { outcomeAt } from "./threshold.js";
import { ThresholdPanel } from "./threshold-panel.js";

export function ModelReport({ model, project }: { model: ModelDetail; project: Project }) {
  const inForce = model.isRunning ? project.threshold : 0.5;
  const [chosen, setChosen] = useState<number>();
  const threshold = chosen ?? inForce;
  const { scores, roc, metrics, candidates } = model;
  const hasBoth = scores.some((one) => one.isAnomaly) && scores.some((one) => !one.isAnomaly);
  return (
    <Stack gap="lg">
      <SummaryPanel model={model} />
      {scores.length > 0 && (
        <ThresholdPanel model={model} project={project} threshold={threshold} inForce={inForce} onChange={setChosen} />
      )}
      <Grid gap="lg">
        {metrics !== null && metrics.confusion.labels.length > 0 && (
          <Grid.Col span={{ base: 12, md: roc.length > 0 || candidates.length > 0 ? 6 : 12 }}>
            <ConfusionPanel metrics={metrics} task={model.task} />
          </Grid.Col>
        )}
        {hasBoth && roc.length > 1 && (
          <Grid.Col span={{ base: 12, md: 6 }}>
            <RocPanel roc={roc} auroc={metrics?.auroc ?? null} outcome={outcomeAt(scores, threshold)} />
          </Grid.Col>
        )}
        {candidates.length > 0 && (
          <Grid.Col span={{ base: 12, md: hasBoth && roc.length > 1 ? 12 : 6 }}>
            <CandidatesPanel candidates={candidates} />
          </Grid.Col>
        )}
      </Grid>
    </Stack>
  );
}
