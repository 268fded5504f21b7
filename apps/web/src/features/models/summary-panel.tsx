/** The result in one sentence, and the figures behind it. */
import { SimpleGrid, Text, Tooltip } from "@mantine/core";
import type { Metrics, Model, ModelDetail } from "@sightline/api/models";
import { percent } from "../../components/format.js";
import { Panel } from "../../components/panel.js";
import { basisOf, inPlainWords } from "./plain-words.js";

type FigureName = "mAP50" | "mAP50_95" | "accuracy" | "recall" | "precision" | "f1" | "auroc" | "ece";

const figures: readonly { name: FigureName; title: string; hint: string }[] = [
  { name: "mAP50", title: "mAP50", hint: "Mean average precision of the boxes, at an overlap of 0.5." },
  { name: "mAP50_95", title: "mAP50–95", hint: "The mean over overlaps of 0.5 to 0.95: how exactly the boxes lie." },
  { name: "accuracy", title: "Accuracy", hint: "Share of all answers that are right." },
  { name: "recall", title: "Recall", hint: "Share of what there was to find that is found." },
  { name: "precision", title: "Precision", hint: "Share of what it reports that is right." },
  { name: "f1", title: "F1", hint: "Precision and recall in one figure." },
  {
    name: "auroc",
    title: "AUROC",
    hint: "How well the scores separate good from bad at any threshold; 100 % is perfect.",
  },
  { name: "ece", title: "Calibration error", hint: "How far the stated confidence is from the truth; 0 is perfect." },
];

/** Only figures that say something about this task. */
function figuresOf({ task }: Model) {
  return figures.filter(({ name }) => {
    if (name === "mAP50" || name === "mAP50_95") return task === "detection";
    return task !== "detection" || name === "recall" || name === "precision" || name === "f1";
  });
}

export function SummaryPanel({ model }: { model: ModelDetail }) {
  const { metrics } = model;
  if (metrics === null) {
    return (
      <Panel title="Not measured yet">
        <Text size="sm" c="dimmed">
          This model file carries no test result. Try it on pictures you know, or train it here with some kept aside.
        </Text>
      </Panel>
    );
  }
  return (
    <Panel title={inPlainWords(metrics, model.task)} note={basisOf(metrics)}>
      <SimpleGrid cols={{ base: 2, xs: 3, md: 6 }} spacing="md" mt="xs">
        {figuresOf(model).map((figure) => (
          <Figure key={figure.name} {...figure} metrics={metrics} />
        ))}
      </SimpleGrid>
    </Panel>
  );
}

function Figure({ name, title, hint, metrics }: (typeof figures)[number] & { metrics: Metrics }) {
  return (
    <Tooltip label={hint}>
      <div>
        <Text size="xs" c="dimmed">
          {title}
        </Text>
        <Text fz={20} fw={600} style={{ letterSpacing: "-0.01em" }}>
          {percent(metrics[name])}
        </Text>
      </div>
    </Tooltip>
  );
}
