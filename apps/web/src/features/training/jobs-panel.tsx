/** The trainings of a project, newest first. */
import { Anchor, Table, Text } from "@mantine/core";
import type { Job } from "@sightline/api/jobs";
import { Link } from "react-router";
import { useApi } from "../../app/api.js";
import { isOver } from "../../app/live-events.js";
import { duration } from "../../components/format.js";
import { Panel } from "../../components/panel.js";
import { TimeText } from "../../components/time-text.js";
import { TrainingProgress } from "./training-progress.js";
import { trainingMs } from "./training-time.js";
import { useTraining } from "./use-training.js";

const words: Record<Job["status"], string> = {
  queued: "In the queue",
  running: "Running",
  stopped: "Stopped",
  succeeded: "Succeeded",
  failed: "Failed",
  cancelled: "Cancelled",
};

export function JobsPanel({ projectId }: { projectId: string }) {
  const { job } = useTraining(projectId);
  const jobs = useApi("listJobs", { query: { project: projectId, limit: 10 } }).data?.items ?? [];
  const over = jobs.filter(isOver);
  return (
    <>
      {job !== undefined && !isOver(job) && <TrainingProgress job={job} />}
      {over.length > 0 && (
        <Panel title="Trainings" flush>
          <Table.ScrollContainer minWidth={340}>
            <Table>
              <Table.Tbody>
                {over.map((one) => (
                  <JobRow key={one.id} job={one} />
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        </Panel>
      )}
    </>
  );
}

function JobRow({ job }: { job: Job }) {
  const tookMs = trainingMs(job);
  return (
    <Table.Tr>
      <Table.Td>
        {job.modelId === null ? (
          words[job.status]
        ) : (
          <Anchor component={Link} to={`/models/${job.modelId}`} size="sm">
            {words[job.status]}
          </Anchor>
        )}
        {job.error !== null && (
          <Text size="xs" c="dimmed">
            {job.error.message}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <TimeText time={job.createdAt} />
      </Table.Td>
      <Table.Td ta="right" style={{ whiteSpace: "nowrap" }}>
        {tookMs !== null && duration(tookMs)}
      </Table.Td>
    </Table.Tr>
  );
}
