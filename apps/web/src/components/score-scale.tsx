/** A score between 0 and 1 against the threshold at its middle. */
import { Group, Text } from "@mantine/core";
import css from "./score-scale.module.css";

export function ScoreScale({ score, compact }: { score: number; compact?: boolean }) {
  const at = `${Math.min(Math.max(score, 0.005), 0.995) * 100}%`;
  const side = score >= 0.5 ? "at or above" : "below";
  return (
    <div>
      <div
        className={css.scale}
        role="img"
        aria-label={`Anomaly score ${score.toFixed(3)}, ${side} the threshold at 0.5`}
      >
        <span className={css.threshold} />
        <span className={css.mark} style={{ left: at }} data-bad={score >= 0.5 || undefined} />
      </div>
      <Group justify="space-between" mt={8} wrap="nowrap" gap="xs">
        <Text size="xs" c="dimmed">
          good
        </Text>
        <Text size="xs" c="dimmed">
          score {score.toFixed(3)}
          {!compact && " · threshold at 0.5"}
        </Text>
        <Text size="xs" c="dimmed">
          defect
        </Text>
      </Group>
    </div>
  );
}
