/** The counters of each camera, and how far its latest pictures are from those its model was trained on. */
import { Badge, Group, Table, Text, Tooltip } from "@mantine/core";
import type { CameraDrift, Monitoring } from "@sightline/api/monitoring";
import { count, milliseconds, percent } from "../../components/format.js";

export interface CameraTableProps {
  cameras: Monitoring["cameras"];
  drifts: readonly CameraDrift[];
}

export function CameraTable({ cameras, drifts }: CameraTableProps) {
  return (
    <Table.ScrollContainer minWidth={940} type="native">
      <Table className="figures">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Camera</Table.Th>
            <Table.Th ta="right">Processed</Table.Th>
            <Table.Th ta="right">Failed</Table.Th>
            <Table.Th ta="right">Anomalies</Table.Th>
            <Table.Th ta="right">Share</Table.Th>
            <Table.Th ta="right">Invalid</Table.Th>
            <Table.Th ta="right">Mean time</Table.Th>
            <Table.Th ta="right">Drift of scores</Table.Th>
            <Table.Th ta="right">of pictures</Table.Th>
            <Table.Th ta="right">of features</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {cameras.map((camera) => {
            const drift = drifts.find(({ cameraId }) => cameraId === camera.cameraId);
            return (
              <Table.Tr key={`${camera.projectId} ${camera.cameraId}`}>
                <Table.Td fw={600} style={{ whiteSpace: "nowrap" }}>
                  <Group gap={6} wrap="nowrap">
                    {camera.cameraId}
                    {drift?.health.map((trouble) => (
                      <Badge key={trouble} size="sm" variant="light" color="defect" style={{ flexShrink: 0 }}>
                        {trouble}
                      </Badge>
                    ))}
                  </Group>
                </Table.Td>
                <Table.Td ta="right">{count(camera.processed)}</Table.Td>
                <Table.Td ta="right">{count(camera.failed)}</Table.Td>
                <Table.Td ta="right">{count(camera.anomalies)}</Table.Td>
                <Table.Td ta="right">{percent(camera.anomalyShare)}</Table.Td>
                <Table.Td ta="right">{count(camera.invalid)}</Table.Td>
                <Table.Td ta="right">{milliseconds(camera.inspectionMsMean)}</Table.Td>
                <Table.Td ta="right">
                  <Distance value={drift?.scoreDrift ?? null} why={scoreWords(drift)} />
                </Table.Td>
                <Table.Td ta="right">
                  <Distance value={drift?.pictureDrift ?? null} why={pictureWords(drift)} />
                </Table.Td>
                <Table.Td ta="right">
                  <Distance value={drift?.featureDrift ?? null} why={featureWords(drift)} />
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** From 1 on it is drift: in colour, in bold and with a word, never by colour alone. */
function Distance({ value, why }: { value: number | null; why: string }) {
  const hasDrifted = value !== null && value >= 1;
  return (
    <Tooltip label={why}>
      <Text span size="sm" tabIndex={0} {...(hasDrifted ? { c: "var(--defect-text)", fw: 600 } : {})}>
        {value === null ? "–" : value.toFixed(2)}
        {hasDrifted && " drifted"}
      </Text>
    </Tooltip>
  );
}

const tooFew = "Needs 50 pictures that the running model judged, and 10 to compare them with.";

function scoreWords(drift: CameraDrift | undefined): string {
  if (drift === undefined || drift.scoreDrift === null) return tooFew;
  return `The latest ${drift.pictures} scores against the held-out scores of version ${drift.modelVersion}. From 1 on it is more than chance.`;
}

function pictureWords(drift: CameraDrift | undefined): string {
  if (drift?.mostChanged == null) return tooFew;
  const { figure, before, after } = drift.mostChanged;
  return `Most changed: ${figure}, ${short(before)} in training, ${short(after)} now. From 1 on it is more than chance.`;
}

function featureWords(drift: CameraDrift | undefined): string {
  if (drift?.featureDrift == null) return tooFew;
  return `${percent(drift.farShare)} of the latest pictures lie farther from the training pictures than 95 % of those did when held out. From 1 on the drift is more than chance.`;
}

const short = (value: number) => String(Number(value.toPrecision(3)));
