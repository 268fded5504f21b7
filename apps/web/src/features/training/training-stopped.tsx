/** A training that a person stopped: its curves, and the ways on. */
import { Alert, Group, Stack, Text } from "@mantine/core";
import { mdiAlertCircleOutline, mdiCubeOutline, mdiPlay } from "@mdi/js";
import type { Job } from "@sightline/api/jobs";
import { useChange } from "../../app/api.js";
import { ActionButton, ConfirmButton } from "../../components/action-button.js";
import { Icon } from "../../components/icon.js";
import { Panel } from "../../components/panel.js";
import { TrainingCurves } from "./training-curves.js";

export function TrainingStopped({ job }: { job: Job }) {
  const resume = useChange("resumeJob", { done: "The training goes on." });
  const finish = useChange("stopJob", { done: "The best state becomes a model." });
  const cancel = useChange("cancelJob", { done: "The stopped training is given up." });
  const params = { jobId: job.id };
  return (
    <Panel title="Stopped" note={`After epoch ${job.latest?.epoch ?? 0}. It goes on exactly where it was.`}>
      <Stack gap="md">
        {job.error !== null && (
          <Alert
            color="defect"
            variant="light"
            radius="md"
            icon={<Icon path={mdiAlertCircleOutline} />}
            title="It could not go on"
            role="alert"
          >
            {job.error.message} What it has learnt is kept.
          </Alert>
        )}
        <TrainingCurves job={job} />
        <Group justify="space-between">
          <Text size="sm" c="dimmed">
            Pictures added since take no part; a new training learns from them.
          </Text>
          <Group gap="sm" justify="flex-end">
            <ConfirmButton
              route="cancelJob"
              variant="default"
              loading={cancel.isPending}
              question="Give this training up?"
              consequence="Its checkpoint is deleted; models made before stay."
              confirm="Give it up"
              onClick={() => cancel.mutate({ params })}
            >
              Give up
            </ConfirmButton>
            {job.latest !== null && (
              <ActionButton
                route="stopJob"
                variant="default"
                loading={finish.isPending}
                leftSection={<Icon path={mdiCubeOutline} size={18} />}
                onClick={() => finish.mutate({ params, body: { keep: "model" } })}
              >
                Make a model
              </ActionButton>
            )}
            <ActionButton
              route="resumeJob"
              loading={resume.isPending}
              leftSection={<Icon path={mdiPlay} size={18} />}
              onClick={() => resume.mutate({ params })}
            >
              Go on
            </ActionButton>
          </Group>
        </Group>
      </Stack>
    </Panel>
  );
}
