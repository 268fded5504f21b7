/** One SELECT over the results, for what no chart here answers. */
import { Alert, Group, Select, Stack, Table, Text, Textarea } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { mdiAlertCircleOutline, mdiTableSearch } from "@mdi/js";
import type { SqlTable } from "@sightline/api/analytics";
import { useApi, useChange } from "../../app/api.js";
import { ActionButton } from "../../components/action-button.js";
import { Face } from "../../components/face.js";
import { milliseconds, plural } from "../../components/format.js";
import { Icon } from "../../components/icon.js";
import { RowsLoading } from "../../components/loading.js";
import { Panel } from "../../components/panel.js";
import { cellText } from "./cell-text.js";

export function SqlBox() {
  const [sql, setSql] = useLocalStorage({ key: "sightline.sql", defaultValue: "" });
  const examples = useApi("getAnalyticsState").data?.sqlExamples ?? [];
  const question = useChange("runSql", { showsError: true });
  const run = () => question.mutate({ body: { sql } });
  return (
    <Stack gap="lg">
      <Panel
        title="Ask in SQL"
        note="One SELECT over all projects, read only. Tables: results (a row for each verdict) and truths (what people said of pictures)."
      >
        <Stack gap="sm">
          <Select
            aria-label="Examples"
            placeholder="Begin from a question…"
            value={null}
            onChange={(title) => {
              const found = examples.find((example) => example.title === title);
              if (found) setSql(found.sql);
            }}
            data={examples.map(({ title }) => title)}
            maw={420}
          />
          <Textarea
            aria-label="SQL"
            autosize
            minRows={5}
            placeholder="Write one statement, or begin from a question above"
            maxRows={20}
            spellCheck={false}
            styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 13 } }}
            value={sql}
            onChange={({ currentTarget }) => setSql(currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run();
            }}
          />
          <Group justify="space-between">
            <Text size="xs" c="dimmed">
              DuckDB’s SQL. Ctrl + Enter runs it.
            </Text>
            <ActionButton
              route="runSql"
              loading={question.isPending}
              blocked={sql.trim() === "" ? "Write a statement first." : undefined}
              onClick={run}
            >
              Run
            </ActionButton>
          </Group>
        </Stack>
      </Panel>
      {question.isPending ? (
        <Panel flush>
          <RowsLoading rows={5} />
        </Panel>
      ) : question.error !== null ? (
        <Alert color="defect" icon={<Icon path={mdiAlertCircleOutline} />} title="That did not work">
          <Text size="sm" style={{ whiteSpace: "pre-wrap", fontFamily: "var(--mantine-font-family-monospace)" }}>
            {question.error.message}
          </Text>
        </Alert>
      ) : question.data === undefined ? null : (
        <Answered table={question.data} />
      )}
    </Stack>
  );
}

function Answered({ table }: { table: SqlTable }) {
  const { columns, rows, isTruncated, elapsedMs } = table;
  const more = isTruncated ? " There were more: narrow the question, or add a limit." : "";
  return (
    <Panel title={plural(rows.length, "row")} note={`In ${milliseconds(elapsedMs)}.${more}`} flush>
      {rows.length === 0 ? (
        <Face compact icon={mdiTableSearch} title="No row answers this" />
      ) : (
        <Table.ScrollContainer minWidth={Math.max(320, columns.length * 120)} mah="70dvh" type="native">
          <Table className="figures" verticalSpacing={6} stickyHeader>
            <Table.Thead>
              <Table.Tr>
                {columns.map(({ name, type }, index) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: SQL allows two columns of one name
                  <Table.Th key={index} ta={isNumber(type) ? "right" : "left"}>
                    {name}
                    <Text size="xs" c="dimmed" fw={400}>
                      {type.toLowerCase()}
                    </Text>
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map((row, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: rows of an answer have no identity
                <Table.Tr key={index}>
                  {row.map((cell, column) => (
                    <Table.Td
                      // biome-ignore lint/suspicious/noArrayIndexKey: as above
                      key={column}
                      ta={isNumber(columns[column]?.type ?? "") ? "right" : "left"}
                      style={{ maxWidth: 360, overflowWrap: "anywhere", fontSize: 13 }}
                      {...(cell === null ? { c: "dimmed" } : {})}
                    >
                      {cellText(cell)}
                    </Table.Td>
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Panel>
  );
}

/** DuckDB's numbers, counts of any size among them. */
function isNumber(type: string): boolean {
  return /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|FLOAT|DECIMAL\(.*\))$/.test(type);
}
