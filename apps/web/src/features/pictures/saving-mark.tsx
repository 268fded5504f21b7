/** Says whether what a person changed is on the server. */
import { Button, Group, Text, Tooltip } from "@mantine/core";
import { mdiAlertCircleOutline, mdiCheck, mdiSync } from "@mdi/js";
import { Icon } from "../../components/icon.js";
import type { KeptAnnotation } from "./use-annotation.js";

const faces = {
  saved: { icon: mdiCheck, text: "Saved", color: "dimmed" },
  saving: { icon: mdiSync, text: "Saving", color: "dimmed" },
  failed: { icon: mdiAlertCircleOutline, text: "Not saved", color: "var(--defect-text)" },
} as const;

export function SavingMark({ kept }: { kept: KeptAnnotation }) {
  const { state } = kept;
  const { icon, text, color } = faces[state.kind];
  return (
    <Group gap="xs" wrap="nowrap">
      <Tooltip label={state.kind === "failed" ? state.reason : ""} disabled={state.kind !== "failed"}>
        <Group gap={4} wrap="nowrap" c={color} role="status">
          <Icon path={icon} size={16} />
          <Text size="sm">{text}</Text>
        </Group>
      </Tooltip>
      {state.kind === "failed" && (
        <Button size="compact-xs" variant="default" onClick={kept.retry}>
          Try again
        </Button>
      )}
    </Group>
  );
}
