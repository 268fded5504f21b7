/** All trials: which version was tried on what, and what people said of its answers. */
import { Anchor, Badge, Group, Text } from "@mantine/core";
import { mdiFlaskOutline } from "@mdi/js";
import type { Project } from "@sightline/api/projects";
import type { Trial } from "@sightline/api/reviews";
import { Link } from "react-router";
import { useApi } from "../../app/api.js";
import { Answer } from "../../components/answer.js";
import { Face } from "../../components/face.js";
import { percent, plural } from "../../components/format.js";
import { PageHeader } from "../../components/page-header.js";
import { Panel } from "../../components/panel.js";
import { ProjectSelect } from "../../components/project-select.js";
import rows from "../../components/rows.module.css";
import { TimeText } from "../../components/time-text.js";
import { useUrlFilters } from "../../components/url-filters.js";
import { StartTrial } from "./start-trial.js";
import { sourceTitles, tally } from "./trial-figures.js";

export function Page() {
  const { filters, set } = useUrlFilters(["project", "model"]);
  const trials = useApi("listTrials", { query: { project: filters.project, limit: 100 } });
  const projects = useApi("listProjects").data?.items ?? [];
  return (
    <>
      <PageHeader
        title="Trials"
        note="A version judges new pictures, recent inspections, or the next ones beside the running version. People say where it is right."
        back={{ to: "/review", title: "Review" }}
      >
        <ProjectSelect
          value={filters.project ?? null}
          onChange={(project) => set({ project })}
          placeholder="All projects"
          w={{ base: "100%", xs: 200 }}
        />
        <StartTrial projectId={filters.project} modelId={filters.model} />
      </PageHeader>
      <Answer query={trials}>
        {({ items }) =>
          items.length === 0 ? (
            <Face icon={mdiFlaskOutline} title="No trial yet">
              Try a version before it inspects: on pictures it has not seen, or beside the one that runs.
            </Face>
          ) : (
            <Panel flush>
              <ul className={rows.list} aria-label="Trials">
                {items.map((trial) => (
                  <TrialRow key={trial.id} trial={trial} projects={projects} />
                ))}
              </ul>
            </Panel>
          )
        }
      </Answer>
    </>
  );
}

function TrialRow({ trial, projects }: { trial: Trial; projects: readonly Project[] }) {
  const { all, said, rightShare } = tally(trial);
  const name = projects.find(({ id }) => id === trial.projectId)?.name ?? "project";
  return (
    <li className={rows.row}>
      <div className={rows.main}>
        <Group gap="xs">
          <Anchor component={Link} to={`/trials/${trial.id}`} size="sm" fw={600}>
            {name}, version {trial.modelVersion}
          </Anchor>
          {trial.isOpen && (
            <Badge size="sm" variant="light" radius="sm">
              {trial.source === "shadow" ? "Beside the line" : "Open"}
            </Badge>
          )}
        </Group>
        <Text size="xs" c="dimmed">
          {sourceTitles[trial.source]}, <TimeText time={trial.createdAt} /> by {trial.createdBy}
        </Text>
      </div>
      <Text size="sm" className="figures">
        {plural(all, "picture")}
      </Text>
      <Text size="sm" c="dimmed" className="figures" miw={150}>
        {said === 0 ? "nobody looked yet" : `${percent(rightShare)} right of ${said}`}
      </Text>
    </li>
  );
}
