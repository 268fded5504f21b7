/** A training at work, and one that did not end well. */
import { Alert, Button, Group, Progress, Stack, Text } from "@mantine/core";
import { useInterval } from "@mantine/hooks";
import { mdiAlertCircleOutline, mdiCancel } from "@mdi/js";
import type { Job } from "@sightline/api/jobs";
import { useEffect, useState } from "react";
import { useChange } from "../../app/api.js";
import { ActionButton } from "../../components/action-button.js";
import { duration } from "../../components/format.js";
import { Icon } from "../../components/icon.js";
import { Panel } from "../../components/panel.js";
import { StopMenu } from "./stop-menu.js";
import { TrainingCurves } from "./training-curves.js";

export function TrainingProgress({ job }: { job: Job }) {
  const cancel = useChange("cancelJob", { done: "The training is cancelled." });
  const share = Math.round(job.progress * 100);
  return (
    <Panel
      title={job.status === "queued" ? "In the queue" : "Training"}
      side={<Elapsed since={job.startedAt ?? job.createdAt} />}
    >
      <Stack gap="md">
        <Progress value={Math.max(2, share)} size="lg" radius="xl" animated aria-label="Progress of the training" />
        <Group justify="space-between">
          <Text size="sm" role="status">
            {job.step || "Waiting for its turn"}
          </Text>
          <Text size="sm" c="dimmed">
            {share} %
          </Text>
        </Group>
        <TrainingCurves job={job} />
        <Group justify="space-between">
          <Text size="sm" c="dimmed">
            You may leave this page: the training goes on.
          </Text>
          <Group gap="sm">
            <ActionButton
              route="cancelJob"
              variant="default"
              loading={cancel.isPending}
              leftSection={<Icon path={mdiCancel} size={18} />}
              onClick={() => cancel.mutate({ params: { jobId: job.id } })}
            >
              Cancel
            </ActionButton>
            {job.latest !== null && <StopMenu job={job} />}
          </Group>
        </Group>
      </Stack>
    </Panel>
  );
}

function Elapsed({ since }: { since: string }) {
  const [nowMs, setNow] = useState(() => Date.now());
  const clock = useInterval(() => setNow(Date.now()), 1_000);
  useEffect(() => {
    clock.start();
    return clock.stop;
  }, [clock]);
  return (
    <Text size="sm" c="dimmed">
      {duration(nowMs - Date.parse(since))}
    </Text>
  );
}

export function TrainingFailed({ job }: { job: Job }) {
  const [isShown, setShown] = useState(true);
  if (!isShown) return null;
  if (job.status === "cancelled") {
    return (
      <Alert
        color="gray"
        variant="light"
        radius="lg"
        withCloseButton
        closeButtonLabel="Dismiss"
        onClose={() => setShown(false)}
      >
        The last training was cancelled. Nothing was changed.
      </Alert>
    );
  }
  return (
    <Alert
      color="defect"
      variant="light"
      radius="lg"
      icon={<Icon path={mdiAlertCircleOutline} />}
      title="The last training failed"
      role="alert"
    >
      <Stack gap="xs" align="flex-start">
        <span>
          {job.error?.message ?? "No reason was given."}{" "}
          {job.error && (
            <Text span size="xs" c="dimmed">
              ({job.error.code})
            </Text>
          )}
        </span>
        <Button size="xs" variant="default" onClick={() => setShown(false)}>
          Dismiss
        </Button>
      </Stack>
    </Alert>
  );
}
