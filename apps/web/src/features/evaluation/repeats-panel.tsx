/** A method trained again by folds and seeds: each figure's mean, its deviation, and where the single trainings lie. */
import { Table } from "@mantine/core";
import type { EvaluationReport, Figure } from "@sightline/api/evaluations";
import { percent, plural } from "../../components/format.js";
import { Panel } from "../../components/panel.js";
import { DotsBar } from "./interval-bar.js";

type Repeats = NonNullable<EvaluationReport["repeats"]>;

export interface RepeatsPanelProps {
  repeats: Repeats;
  /** The report's own figures, which say what is better. */
  known: readonly Figure[];
}

export function RepeatsPanel({ repeats: { folds, seeds, runs, figures }, known }: RepeatsPanelProps) {
  return (
    <Panel
      title="Trained again and again"
      note={`${plural(runs.length, "training")} on the training pictures: ${folds} folds, ${plural(seeds.length, "seed")}; each is measured on the fold it did not see. ± is the standard deviation of one training, dots are the trainings.`}
      flush
    >
      <Table.ScrollContainer minWidth={480}>
        <Table aria-label="Trained again and again">
          <Table.Thead>
            <Table.Tr>
              <Table.Td />
              <Table.Th ta="right">Mean</Table.Th>
              <Table.Th ta="right">±</Table.Th>
              <Table.Th ta="right">Worst</Table.Th>
              <Table.Td />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody className="figures">
            {figures.map(({ name, title, mean, deviation }) => {
              const values = runs.flatMap((run) => run.figures[name] ?? []);
              const better = known.find((one) => one.name === name)?.better ?? "higher";
              return (
                <Table.Tr key={name}>
                  <Table.Th scope="row" fw={560}>
                    {title}
                  </Table.Th>
                  <Table.Td ta="right" fw={620}>
                    {percent(mean)}
                  </Table.Td>
                  <Table.Td ta="right" c="dimmed">
                    {percent(deviation)}
                  </Table.Td>
                  <Table.Td ta="right">{percent(worst(better, values))}</Table.Td>
                  <Table.Td w={130}>
                    <DotsBar values={values} />
                  </Table.Td>
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Panel>
  );
}

/** Of rates of mistakes the highest is the worst. */
function worst(better: Figure["better"], values: readonly number[]): number {
  return better === "lower" ? Math.max(...values) : Math.min(...values);
}
