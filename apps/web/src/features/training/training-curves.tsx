/** The curves of a training, live while it runs: loss and metric by epoch, speed, waiting, time left. */
import { SimpleGrid, Text } from "@mantine/core";
import type { Job, TrainingPoint } from "@sightline/api/jobs";
import { useApi } from "../../app/api.js";
import { CurveChart } from "../../components/curve-chart.js";
import { duration, percent } from "../../components/format.js";

export const metricTitles: Record<string, string> = { accuracy: "Accuracy", mAP50: "mAP50" };

export function TrainingCurves({ job }: { job: Job }) {
  const history = useApi(
    "getJobHistory",
    { params: { jobId: job.id } },
    { enabled: job.latest !== null, refetchEveryMs: 10_000 },
  ).data;
  const { latest } = job;
  if (latest === null || history === undefined || history.points.length === 0) return null;
  const { points, metricName, epochs } = history;
  const metricTitle = metricName === null ? "Metric" : (metricTitles[metricName] ?? metricName);
  const curve = (title: string, pick: (point: TrainingPoint) => number | null) => [
    { title, points: points.map((point) => ({ epoch: point.epoch, value: pick(point) })) },
  ];
  const best = Math.max(...points.map(({ metric }) => metric ?? Number.NEGATIVE_INFINITY));
  return (
    <>
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="lg">
        <div>
          <Text size="sm" fw={560}>
            {metricTitle} on held-out pictures
          </Text>
          <CurveChart isShare title={metricTitle} curves={curve(metricTitle, ({ metric }) => metric)} />
        </div>
        <div>
          <Text size="sm" fw={560}>
            Loss
          </Text>
          <CurveChart title="Loss" curves={curve("Loss", ({ loss }) => loss)} />
        </div>
      </SimpleGrid>
      <SimpleGrid cols={{ base: 2, xs: 3, md: 6 }} spacing="md">
        <Figure title="Epoch" value={epochs === null ? `${latest.epoch}` : `${latest.epoch} of ${epochs}`} />
        <Figure title={`Best ${metricTitle}`} value={Number.isFinite(best) ? percent(best) : "–"} />
        <Figure title="Loss" value={latest.loss.toPrecision(3)} />
        <Figure title="Pictures a second" value={latest.picturesPerSecond.toFixed(0)} />
        <Figure title="Waited for pictures" value={percent(latest.waitedShare)} />
        <Figure
          title="Time left"
          value={job.secondsLeft === null ? "–" : `about ${duration(job.secondsLeft * 1000)}`}
        />
      </SimpleGrid>
    </>
  );
}

function Figure({ title, value }: { title: string; value: string }) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {title}
      </Text>
      <Text fw={600} className="figures">
        {value}
      </Text>
    </div>
  );
}
