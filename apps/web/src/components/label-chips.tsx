/** Labels that may hold at once, each with its probability: those that hold filled, the others as an outline. */
import { Badge, Group } from "@mantine/core";
import { percent } from "./format.js";

export interface LabelChipsProps {
  /** Those that hold. */
  labels: readonly string[];
  /** Of every label the model knows. */
  probabilities: Readonly<Record<string, number>>;
}

export function LabelChips({ labels, probabilities }: LabelChipsProps) {
  const sorted = Object.entries(probabilities).toSorted(([, a], [, b]) => b - a);
  return (
    <Group gap={6} role="list" aria-label="Labels">
      {sorted.map(([label, probability]) => {
        const holds = labels.includes(label);
        return (
          <Badge
            key={label}
            role="listitem"
            radius="sm"
            tt="none"
            variant={holds ? "filled" : "default"}
            color="petrol"
            aria-label={`${label}: ${holds ? "yes" : "no"}, ${percent(probability)}`}
          >
            {label} {percent(probability)}
          </Badge>
        );
      })}
    </Group>
  );
}
