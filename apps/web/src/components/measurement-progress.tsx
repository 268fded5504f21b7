/** How far a measurement in the server is, with its stop; and the face of one that made no figures. */
import { Alert, Button, Group, Progress, Stack, Text } from "@mantine/core";

export interface Measured {
  readonly status: "queued" | "running" | "succeeded" | "failed" | "cancelled";
  readonly progress: number;
  /** What it does now, for people. */
  readonly step: string;
  readonly error: { readonly message: string } | null;
}

export function isUnderWay({ status }: Measured): boolean {
  return status === "queued" || status === "running";
}

export interface MeasurementProgressProps {
  measurement: Measured;
  isCancelling: boolean;
  cancel: () => void;
}

export function MeasurementProgress({ measurement, isCancelling, cancel }: MeasurementProgressProps) {
  const { progress, step } = measurement;
  return (
    <Stack gap="xs" role="status">
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm">{step}</Text>
        <Button variant="subtle" size="compact-sm" style={{ flexShrink: 0 }} loading={isCancelling} onClick={cancel}>
          Cancel
        </Button>
      </Group>
      <Progress value={progress * 100} animated aria-label={step} />
    </Stack>
  );
}

/** @param did what could not be done: "measured" @param again what to do then: "Measure again" */
export function NotMeasured({ measurement, did, again }: { measurement: Measured; did: string; again: string }) {
  const hasFailed = measurement.status === "failed";
  return (
    <Alert
      color={hasFailed ? "grape" : "gray"}
      variant="light"
      title={hasFailed ? `It could not be ${did}` : "It was cancelled"}
    >
      {measurement.error?.message ?? `${again} whenever you like.`}
    </Alert>
  );
}
