/** The same counts per camera and per line: where the defects come from. */
import { Anchor, SimpleGrid, Table, Text } from "@mantine/core";
import type { Stats } from "@sightline/api/inspections";
import { Link } from "react-router";
import { count, percent } from "../../components/format.js";
import { Panel } from "../../components/panel.js";
import { ShareBar } from "../../components/share-bar.js";
import css from "../../components/tight-table.module.css";
import { tellsClasses } from "./tells-classes.js";

interface Row {
  id: string;
  inspected: number;
  anomalous: number;
}

export function Breakdown({ stats, project }: { stats: Stats | undefined; project: string | undefined }) {
  if (stats === undefined || stats.totals.inspected === 0) return null;
  const suffix = project === undefined ? "" : `&project=${project}`;
  const link = (filter: string) => (id: string) => `/inspections?${filter}=${encodeURIComponent(id)}${suffix}`;
  const cameras = stats.byCamera.map(({ cameraId, ...counts }) => ({ id: cameraId, ...counts }));
  const lines = stats.byLine.map(({ assemblyLineId, ...counts }) => ({ id: assemblyLineId, ...counts }));
  const classes = stats.byLabel.map(({ label, inspected }) => ({ id: label, inspected, anomalous: 0 }));
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="lg">
      {tellsClasses(stats) ? (
        <>
          <Part title="By class" rows={classes} link={link("verdict")} total={stats.totals.inspected} />
          <Part title="By camera" rows={cameras} link={link("camera")} total={stats.totals.inspected} />
        </>
      ) : (
        <>
          <Part title="By camera" rows={cameras} link={link("camera")} />
          <Part title="By line" rows={lines} link={link("line")} />
        </>
      )}
    </SimpleGrid>
  );
}

interface PartProps {
  title: string;
  rows: Row[];
  link: (id: string) => string;
  /** Show each row's share of so many pictures, rather than its defects. */
  total?: number;
}

function Part({ title, rows, link, total }: PartProps) {
  const shareOf = ({ inspected, anomalous }: Row) =>
    total === undefined ? anomalous / Math.max(1, inspected) : inspected / Math.max(1, total);
  const sorted = rows.toSorted((a, b) => shareOf(b) - shareOf(a));
  return (
    <Panel title={title} flush>
      <Table verticalSpacing={10} horizontalSpacing={8} className={css.table ?? ""}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{title.replace("By ", "").replace(/^./, (first) => first.toUpperCase())}</Table.Th>
            <Table.Th ta="right">Inspected</Table.Th>
            <Table.Th ta="right">{total === undefined ? "Defects" : "Share"}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {sorted.slice(0, 8).map((row) => (
            <Table.Tr key={row.id}>
              <Table.Td>
                <Anchor component={Link} to={link(row.id)} size="sm">
                  {row.id}
                </Anchor>
                <ShareBar share={shareOf(row)} isNeutral={total !== undefined} />
              </Table.Td>
              <Table.Td ta="right">{count(row.inspected)}</Table.Td>
              <Table.Td ta="right">
                {percent(shareOf(row))}
                {total === undefined && (
                  <Text size="xs" c="dimmed">
                    {count(row.anomalous)}
                  </Text>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Panel>
  );
}
