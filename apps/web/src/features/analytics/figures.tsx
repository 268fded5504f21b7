/** The views of the chosen results, or why there is nothing to see. */
import { Alert, SimpleGrid, Stack } from "@mantine/core";
import { mdiChartBoxOutline } from "@mdi/js";
import type { Analytics } from "@sightline/api/analytics";
import type { Project } from "@sightline/api/projects";
import { Answer } from "../../components/answer.js";
import { Face } from "../../components/face.js";
import { BreakdownPanel } from "./breakdown-panel.js";
import { ConfidencePanel } from "./confidence-panel.js";
import { ControlPanel } from "./control-panel.js";
import { CostPanel } from "./cost-panel.js";
import { sum } from "./counts.js";
import { FigureTiles } from "./figure-tiles.js";
import { FilesNote } from "./files-note.js";
import { ParetoPanel } from "./pareto-panel.js";
import { type AnalyticsFilters, type SetFilters, type Subject, useFigures } from "./use-figures.js";

export interface FiguresProps {
  filters: AnalyticsFilters;
  set: SetFilters;
  project: Project;
  subject: Subject;
}

export function Figures(props: FiguresProps) {
  const overTime = useFigures(props.subject.time.bucket === "hour" ? "hours" : "days", props.subject);
  return (
    <>
      <Answer query={overTime}>
        {(answer) =>
          answer.groups.length === 0 ? (
            <Face compact icon={mdiChartBoxOutline} title="Nothing was inspected in this time">
              Choose a longer time or fewer filters, or wait for the next picture.
            </Face>
          ) : (
            <Views {...props} overTime={answer} />
          )
        }
      </Answer>
      <FilesNote />
    </>
  );
}

function Views({ filters, set, project, subject, overTime }: FiguresProps & { overTime: Analytics }) {
  const totals = sum(overTime.groups);
  return (
    <Stack gap="lg">
      {overTime.isTruncated && (
        <Alert color="yellow" variant="light" title="Not all of it is shown">
          The time has more points than can be drawn. Choose a shorter one.
        </Alert>
      )}
      <FigureTiles totals={totals} costs={project.mistakeCosts} />
      <ControlPanel answer={overTime} filters={filters} set={set} />
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
        <ParetoPanel subject={subject} set={set} tellsClasses={totals.judged === 0} />
        <BreakdownPanel overTime={overTime} subject={subject} filters={filters} set={set} />
        <ConfidencePanel subject={subject} alertConfidence={project.alertConfidence} />
        <CostPanel totals={totals} project={project} key={project.id} />
      </SimpleGrid>
    </Stack>
  );
}
