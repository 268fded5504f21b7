/** Where the picture came from, and which model and threshold judged it. */
import { Anchor, Table, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { bytes, milliseconds } from "../../components/format.js";
import { Panel } from "../../components/panel.js";
import { TimeText } from "../../components/time-text.js";
import type { InspectionDetail } from "./inspection-detail.js";

export function FactsPanel({ inspection }: { inspection: InspectionDetail }) {
  const { capturedAt, receivedAt, inspectedAt, modelId, modelVersion, threshold } = inspection;
  return (
    <Panel title="Details">
      <Table variant="vertical" verticalSpacing={7} horizontalSpacing={0} withRowBorders={false} fz="sm">
        <Table.Tbody>
          <Fact title="Project">
            <To to={`/projects/${inspection.projectId}`}>{inspection.projectName}</To>
          </Fact>
          <Fact title="Camera">
            <To to={`/inspections?camera=${encodeURIComponent(inspection.cameraId)}`}>{inspection.cameraId}</To>
          </Fact>
          <Fact title="Line">
            <To to={`/inspections?line=${encodeURIComponent(inspection.assemblyLineId)}`}>
              {inspection.assemblyLineId}
            </To>
          </Fact>
          <Fact title="Captured">
            {capturedAt === null ? <Dim>not told by the camera</Dim> : <TimeText time={capturedAt} />}
          </Fact>
          <Fact title="Received">
            <TimeText time={receivedAt} />
          </Fact>
          {inspectedAt !== null && (
            <Fact title={inspection.status === "failed" ? "Failed" : "Inspected"}>
              <TimeText time={inspectedAt} />{" "}
              {inspection.inferenceMs !== null && <Dim>in {milliseconds(inspection.inferenceMs)}</Dim>}
            </Fact>
          )}
          {modelId !== null && (
            <Fact title="Model">
              <To to={`/models/${modelId}`}>version {modelVersion}</To>
            </Fact>
          )}
          {threshold !== null && inspection.score !== null && <Fact title="Threshold">{threshold.toFixed(3)}</Fact>}
          <Fact title="File">
            {bytes(inspection.imageBytes)} <Dim>sha256 {inspection.imageSha256.slice(0, 12)}…</Dim>
          </Fact>
        </Table.Tbody>
      </Table>
    </Panel>
  );
}

function Fact({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Table.Tr>
      <Table.Th w={96} fw={400} c="dimmed" bg="transparent">
        {title}
      </Table.Th>
      <Table.Td>{children}</Table.Td>
    </Table.Tr>
  );
}

function To({ to, children }: { to: string; children: ReactNode }) {
  return (
    <Anchor component={Link} to={to} size="sm">
      {children}
    </Anchor>
  );
}

function Dim({ children }: { children: ReactNode }) {
  return (
    <Text span size="sm" c="dimmed">
      {children}
    </Text>
  );
}
