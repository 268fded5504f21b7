/** A verdict as icon, word and colour: never colour alone. */
import { Group, Text } from "@mantine/core";
import {
  mdiAlertCircle,
  mdiAlertOctagonOutline,
  mdiCheckCircle,
  mdiClockOutline,
  mdiPauseCircleOutline,
  mdiTagOffOutline,
  mdiTagOutline,
} from "@mdi/js";
import type { Inspection } from "@sightline/api/inspections";
import { Icon } from "./icon.js";

export interface VerdictLook {
  word: string;
  icon: string;
  color: string;
}

type Judged = Pick<Inspection, "status" | "label" | "isAnomalous">;

export function lookOf({ status, label, isAnomalous }: Judged): VerdictLook {
  if (status === "queued") return { word: "In the queue", icon: mdiClockOutline, color: "var(--mantine-color-dimmed)" };
  if (status === "waiting") {
    return { word: "Waiting for a model", icon: mdiPauseCircleOutline, color: "var(--mantine-color-dimmed)" };
  }
  if (status === "failed")
    return { word: "Failed", icon: mdiAlertOctagonOutline, color: "var(--mantine-color-grape-text)" };
  return lookOfLabel(label ?? "", isAnomalous);
}

export function lookOfLabel(label: string, isAnomalous: boolean | null): VerdictLook {
  if (isAnomalous === true) return { word: "Defect", icon: mdiAlertCircle, color: "var(--defect-text)" };
  if (isAnomalous === false) return { word: "Good", icon: mdiCheckCircle, color: "var(--good-text)" };
  // What models of several labels and of boxes say where there is nothing.
  if (label === "none") return { word: "Nothing found", icon: mdiTagOffOutline, color: "var(--mantine-color-dimmed)" };
  return { word: label, icon: mdiTagOutline, color: "var(--class-text)" };
}

export type VerdictSize = "sm" | "md" | "xl";
const iconSize = { sm: 17, md: 20, xl: 30 };

export function Verdict({ look, size = "sm" }: { look: VerdictLook; size?: VerdictSize }) {
  return (
    <Group
      gap={size === "xl" ? 10 : 6}
      wrap="nowrap"
      c={look.color}
      component="span"
      style={{ display: "inline-flex", verticalAlign: "middle" }}
    >
      <Icon path={look.icon} size={iconSize[size]} />
      <Text span size={size} fw={size === "xl" ? 680 : 600} inherit={false} style={{ letterSpacing: "-0.01em" }}>
        {look.word}
      </Text>
    </Group>
  );
}
