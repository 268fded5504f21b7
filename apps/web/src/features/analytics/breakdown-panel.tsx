/** The anomaly rate by line, camera, shift or hour of the day, with how sure each is. */
import { Anchor, SegmentedControl, Table, Text } from "@mantine/core";
import type { Analytics } from "@sightline/api/analytics";
import { Answer } from "../../components/answer.js";
import { count, percent } from "../../components/format.js";
import { Panel } from "../../components/panel.js";
import { ShareBar } from "../../components/share-bar.js";
import css from "../../components/tight-table.module.css";
import { anomalyRate, by, firstPassYield, type Keyed } from "./counts.js";
import { interval } from "./proportions.js";
import { type AnalyticsFilters, type SetFilters, type Subject, useFigures } from "./use-figures.js";

const views = {
  line: { title: "Line", isPlace: true },
  camera: { title: "Camera", isPlace: true },
  shift: { title: "Shift", isPlace: false },
  hourOfDay: { title: "Hour", isPlace: false },
} as const;
type View = keyof typeof views;

export interface BreakdownPanelProps {
  overTime: Analytics;
  subject: Subject;
  filters: AnalyticsFilters;
  set: SetFilters;
}

export function BreakdownPanel({ overTime, subject, filters, set }: BreakdownPanelProps) {
  const view: View = filters.by !== undefined && Object.hasOwn(views, filters.by) ? (filters.by as View) : "line";
  const places = useFigures("places", subject, views[view].isPlace);
  const hours = useFigures("hoursOfDay", subject, view === "hourOfDay");
  const table = (groups: Analytics["groups"]) => {
    const rows = by(groups, view);
    if (!views[view].isPlace) return <BreakdownTable rows={rows} title={views[view].title} nameOf={nameOf(view)} />;
    const worstFirst = rows.toSorted((a, b) => (anomalyRate(b) ?? -1) - (anomalyRate(a) ?? -1));
    const choose = (key: string) => set({ [view]: key });
    return <BreakdownTable rows={worstFirst} title={views[view].title} choose={choose} />;
  };
  return (
    <Panel
      title={`Anomaly rate by ${view === "hourOfDay" ? "hour of the day" : view}`}
      note="With the range in which the true rate lies, 95 times in 100"
      side={
        <SegmentedControl
          aria-label="By"
          size="xs"
          value={view}
          onChange={(value) => set({ by: value === "line" ? null : value })}
          data={Object.entries(views).map(([value, { title }]) => ({ value, label: title }))}
        />
      }
      flush
    >
      {view === "shift" ? (
        table(overTime.groups)
      ) : (
        <Answer query={view === "hourOfDay" ? hours : places} compact>
          {({ groups }) => table(groups)}
        </Answer>
      )}
    </Panel>
  );
}

function nameOf(view: View): (key: string) => string {
  return (key) => (view === "hourOfDay" ? `${key.padStart(2, "0")}:00` : key);
}

const mostRows = 24;

interface BreakdownTableProps {
  rows: readonly Keyed[];
  title: string;
  nameOf?: (key: string) => string;
  choose?: (key: string) => void;
}

function BreakdownTable({ rows, title, nameOf = (key) => key, choose }: BreakdownTableProps) {
  const highest = Math.max(...rows.map((row) => anomalyRate(row) ?? 0), 1e-9);
  return (
    <Table.ScrollContainer minWidth={320} type="native">
      <Table verticalSpacing={10} className={`figures ${css.table}`} horizontalSpacing={8}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{title}</Table.Th>
            <Table.Th ta="right">Inspected</Table.Th>
            <Table.Th ta="right">Anomalies</Table.Th>
            <Table.Th ta="right">First pass</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.slice(0, mostRows).map((row) => (
            <Table.Tr key={row.key}>
              <Table.Td w="40%">
                {choose === undefined ? (
                  <Text size="sm">{nameOf(row.key)}</Text>
                ) : (
                  <Anchor component="button" type="button" size="sm" onClick={() => choose(row.key)}>
                    {nameOf(row.key)}
                  </Anchor>
                )}
                <ShareBar share={(anomalyRate(row) ?? 0) / highest} />
              </Table.Td>
              <Table.Td ta="right">{count(row.inspected)}</Table.Td>
              <Table.Td ta="right">
                {percent(anomalyRate(row))}
                <Text size="xs" c="dimmed" style={{ whiteSpace: "nowrap" }}>
                  {rangeWords(row)}
                </Text>
              </Table.Td>
              <Table.Td ta="right">{percent(firstPassYield(row))}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {rows.length > mostRows && (
        <Text size="xs" c="dimmed" px={20} py="sm">
          {rows.length - mostRows} more are not listed.
        </Text>
      )}
    </Table.ScrollContainer>
  );
}

function rangeWords({ anomalous, judged }: Keyed): string {
  const range = interval({ part: anomalous, whole: judged });
  return range === null ? "" : `${percent(range.low)} – ${percent(range.high)}`;
}
