/** One tried picture: what the model says about it. */
import { Center, Group, Loader, Paper, Progress, Stack, Text } from "@mantine/core";
import type { Prediction } from "@sightline/api/predictions";
import type { Project } from "@sightline/api/projects";
import { client } from "../../app/api.js";
import { DefectAreas } from "../../components/defect-areas.js";
import { mediaTypeOf } from "../../components/dropped-files.js";
import { milliseconds, percent } from "../../components/format.js";
import { LabelChips } from "../../components/label-chips.js";
import { Picture } from "../../components/picture.js";
import { ScoreScale } from "../../components/score-scale.js";
import { lookOfLabel, Verdict } from "../../components/verdict.js";
import { ExplainButton } from "../explain/explain-button.js";
import { KeepPicture } from "./keep-picture.js";
import type { Kept, Trial } from "./use-trials.js";

export interface TrialCardProps {
  trial: Trial;
  withHeatMap: boolean;
  /** The version that answered. */
  modelId: string;
  project: Project;
  labels: readonly string[];
  onKept: (kept: Kept | undefined) => void;
}

export function TrialCard({ trial, withHeatMap, modelId, project, labels, onKept }: TrialCardProps) {
  const { prediction, reason } = trial;
  // What is told to the pixel says more than a heat map.
  const hasDefects = (prediction?.anomalies?.length ?? 0) > 1;
  const layer = hasDefects ? prediction?.labelMapPng : prediction?.heatMapPng;
  const heatMap = withHeatMap && layer ? `data:image/png;base64,${layer}` : undefined;
  return (
    <Paper
      component="article"
      radius="lg"
      bg="var(--surface)"
      style={{ border: "1px solid var(--edge)", overflow: "hidden" }}
    >
      <div style={{ aspectRatio: "4 / 3" }}>
        <Picture
          src={trial.preview}
          alt={trial.file.name}
          heatMap={heatMap}
          heatMapOpacity={hasDefects ? 0.6 : 0.85}
          boxes={prediction && { ...prediction, items: prediction.detections, labels, withNames: true }}
        />
      </div>
      <Stack gap="sm" p="md">
        {prediction !== undefined ? (
          <Said prediction={prediction} />
        ) : reason !== undefined ? (
          <Text size="sm" c="defect" role="alert">
            {reason}
          </Text>
        ) : (
          <Center h={64} role="status" aria-label="Being judged">
            <Loader type="dots" size="sm" />
          </Center>
        )}
        <Group justify="space-between" wrap="nowrap" gap="xs">
          <Text size="xs" c="dimmed" truncate title={trial.file.name}>
            {trial.file.name}
          </Text>
          {prediction && (
            <Text size="xs" c="dimmed" style={{ whiteSpace: "nowrap" }}>
              {milliseconds(prediction.inferenceMs)}
            </Text>
          )}
        </Group>
        {prediction && (
          <ExplainButton
            size="xs"
            fullWidth
            src={trial.preview}
            alt={trial.file.name}
            labels={Object.keys(prediction.probabilities)}
            detections={prediction.detections}
            start={async (query) =>
              client.call("explainPicture", {
                params: { modelId },
                query,
                bytes: new Uint8Array(await trial.file.arrayBuffer()),
                contentType: mediaTypeOf(trial.file),
              })
            }
          />
        )}
        {prediction && (
          <KeepPicture trial={trial} prediction={prediction} project={project} labels={labels} onKept={onKept} />
        )}
      </Stack>
    </Paper>
  );
}

function Said({ prediction }: { prediction: Prediction }) {
  const { task, label, labels, isAnomalous, confidence, score, probabilities, anomalies } = prediction;
  return (
    <>
      <Group justify="space-between" wrap="nowrap">
        <Verdict look={lookOfLabel(label, isAnomalous)} size="md" />
        <Text size="sm" c="dimmed" style={{ whiteSpace: "nowrap" }}>
          {percent(confidence)} sure
        </Text>
      </Group>
      {score !== null ? (
        <ScoreScale compact score={score} />
      ) : task === "multilabel" ? (
        <LabelChips labels={labels} probabilities={probabilities} />
      ) : (
        task === "classification" && <Probabilities probabilities={probabilities} />
      )}
      {anomalies !== null && <DefectAreas anomalies={anomalies} />}
    </>
  );
}

function Probabilities({ probabilities }: { probabilities: Readonly<Record<string, number>> }) {
  const sorted = Object.entries(probabilities).toSorted(([, a], [, b]) => b - a);
  return (
    <Stack gap={6}>
      {sorted.slice(0, 4).map(([label, probability]) => (
        <div key={label}>
          <Group justify="space-between">
            <Text size="xs">{label}</Text>
            <Text size="xs" c="dimmed">
              {percent(probability)}
            </Text>
          </Group>
          <Progress value={probability * 100} size="sm" radius="xl" aria-label={label} />
        </div>
      ))}
    </Stack>
  );
}
