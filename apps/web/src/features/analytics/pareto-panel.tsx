/** Which defects are the commonest: few types usually make up most of them. */
import { Anchor, Group, Table, Text } from "@mantine/core";
import { mdiCheckCircleOutline } from "@mdi/js";
import { Answer } from "../../components/answer.js";
import { Face } from "../../components/face.js";
import { count, percent, plural } from "../../components/format.js";
import { Panel } from "../../components/panel.js";
import { ShareBar } from "../../components/share-bar.js";
import css from "../../components/tight-table.module.css";
import { by } from "./counts.js";
import { type ParetoRow, pareto, vitalFew } from "./pareto.js";
import { type SetFilters, type Subject, useFigures } from "./use-figures.js";

export interface ParetoPanelProps {
  subject: Subject;
  set: SetFilters;
  tellsClasses: boolean;
}

const mostRows = 12;

export function ParetoPanel({ subject, set, tellsClasses }: ParetoPanelProps) {
  const defects = useFigures("defects", subject);
  const word = tellsClasses ? "class" : "defect";
  return (
    <Panel
      title={tellsClasses ? "Classes" : "Defect types"}
      note="The commonest first, and what they make up together"
      flush
    >
      <Answer query={defects} compact>
        {({ groups }) => {
          const rows = pareto(by(groups, "defect"));
          if (rows.length === 0) {
            return (
              <Face compact icon={mdiCheckCircleOutline} title="No defect was found">
                Types are told by models that learnt several labels or masks.
              </Face>
            );
          }
          return <ParetoTable rows={rows} word={word} choose={(defect) => set({ defect })} />;
        }}
      </Answer>
    </Panel>
  );
}

interface ParetoTableProps {
  rows: readonly ParetoRow[];
  word: string;
  choose: (defect: string) => void;
}

function ParetoTable({ rows, word, choose }: ParetoTableProps) {
  const most = rows[0]?.count ?? 1;
  const few = vitalFew(rows);
  const rest = rows.slice(mostRows);
  return (
    <>
      <Table verticalSpacing={10} className={`figures ${css.table}`} horizontalSpacing={8}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th tt="capitalize">{word}</Table.Th>
            <Table.Th ta="right">Pictures</Table.Th>
            <Table.Th ta="right">Share</Table.Th>
            <Table.Th ta="right">Together</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.slice(0, mostRows).map((row, index) => (
            <Table.Tr key={row.defect}>
              <Table.Td w="50%">
                <Anchor component="button" type="button" size="sm" onClick={() => choose(row.defect)}>
                  {row.defect}
                </Anchor>
                <ShareBar share={row.count / most} isNeutral={index >= few} />
              </Table.Td>
              <Table.Td ta="right">{count(row.count)}</Table.Td>
              <Table.Td ta="right">{percent(row.share)}</Table.Td>
              <Table.Td ta="right">{percent(row.cumulative)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Group px={20} py="sm">
        <Text size="xs" c="dimmed">
          {few} of {plural(rows.length, word, word === "class" ? "classes" : undefined)} {few === 1 ? "makes" : "make"}{" "}
          up four fifths.
          {rest.length > 0 && ` ${rest.length} rarer ones are not listed.`} A picture with several counts under each.
        </Text>
      </Group>
    </>
  );
}
