/** The same counts per camera and per line: where the defects come from. */
import { Anchor, SimpleGrid, Table, Text } from "@mantine/core";
import type { Stats } from "@sightline/api/schemas";
import { Link } from "react-router";
import { count, percent } from "../../components/format.js";
import { Panel } from "../../components/panel.js";
import css from "./breakdown.module.css";

interface Row {
  id: string;
  inspected: number;
  anomalous: number;
}

export function Breakdown({ stats, project }: { stats: Stats | undefined; project: string | undefined }) {
  if (stats === undefined || stats.totals.inspected === 0) return null;
  const cameras = stats.byCamera.map(({ cameraId, ...counts }) => ({ id: cameraId, ...counts }));
  const lines = stats.byLine.map(({ assemblyLineId, ...counts }) => ({ id: assemblyLineId, ...counts }));
  const suffix = project === undefined ? "" : `&project=${project}`;
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="lg">
      <Part title="By camera" rows={cameras} link={(id) => `/inspections?camera=${encodeURIComponent(id)}${suffix}`} />
      <Part title="By line" rows={lines} link={(id) => `/inspections?line=${encodeURIComponent(id)}${suffix}`} />
    </SimpleGrid>
  );
}

function Part({ title, rows, link }: { title: string; rows: Row[]; link: (id: string) => string }) {
  const sorted = rows.toSorted((a, b) => b.anomalous / b.inspected - a.anomalous / a.inspected);
  return (
    <Panel title={title} flush>
      <Table verticalSpacing={10} horizontalSpacing={8} className={css.table ?? ""}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{title.replace("By ", "").replace(/^./, (first) => first.toUpperCase())}</Table.Th>
            <Table.Th ta="right">Inspected</Table.Th>
            <Table.Th ta="right">Defects</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {sorted.slice(0, 8).map((row) => (
            <Table.Tr key={row.id}>
              <Table.Td>
                <Anchor component={Link} to={link(row.id)} size="sm">
                  {row.id}
                </Anchor>
                <div className={css.bar} aria-hidden>
                  <div style={{ width: `${(row.anomalous / Math.max(1, row.inspected)) * 100}%` }} />
                </div>
              </Table.Td>
              <Table.Td ta="right">{count(row.inspected)}</Table.Td>
              <Table.Td ta="right">
                {percent(row.anomalous / Math.max(1, row.inspected))}
                <Text size="xs" c="dimmed">
                  {count(row.anomalous)}
                </Text>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Panel>
  );
}
