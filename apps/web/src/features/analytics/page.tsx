/** Analytics: how good the parts and the judging were, over time and by place, and what the mistakes cost. */
import { Stack, Tabs } from "@mantine/core";
import { mdiFolderPlusOutline } from "@mdi/js";
import type { Project } from "@sightline/api/projects";
import { useApi } from "../../app/api.js";
import { Answer } from "../../components/answer.js";
import { Guard } from "../../components/faces.js";
import { LinkFace } from "../../components/link-face.js";
import { PageHeader } from "../../components/page-header.js";
import { useUrlFilters } from "../../components/url-filters.js";
import { ExportMenu } from "./export-menu.js";
import { Figures } from "./figures.js";
import { FilterBar } from "./filter-bar.js";
import { SqlBox } from "./sql-box.js";
import { filterNames, subjectOf } from "./use-figures.js";

const note = "Every recorded verdict, counted. Escapes and false rejects where a person said what the picture shows.";

export function Page() {
  const projects = useApi("listProjects");
  return (
    <Answer query={projects}>
      {({ items }) =>
        items.length > 0 ? (
          <Analysis projects={items} />
        ) : (
          <>
            <PageHeader title="Analytics" note={note} />
            <LinkFace icon={mdiFolderPlusOutline} title="No project yet" to="/projects/new" link="Create a project">
              Results are counted once a project inspects.
            </LinkFace>
          </>
        )
      }
    </Answer>
  );
}

function Analysis({ projects }: { projects: readonly Project[] }) {
  const { filters, set } = useUrlFilters(filterNames);
  const project = projects.find(({ id }) => id === filters.project) ?? busiest(projects);
  if (project === undefined) return null;
  const subject = subjectOf(filters, project.id, Date.now());
  const tab = filters.tab === "sql" ? "sql" : "figures";
  return (
    <>
      <PageHeader title="Analytics" note={note}>
        <ExportMenu subject={subject} />
      </PageHeader>
      <Tabs value={tab} onChange={(value) => set({ tab: value === "figures" ? null : value })} keepMounted={false}>
        <Tabs.List mb="lg">
          <Tabs.Tab value="figures">Figures</Tabs.Tab>
          <Tabs.Tab value="sql">SQL</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="figures">
          <Stack gap="lg">
            <FilterBar filters={filters} set={set} project={project} time={subject.time} />
            <Figures filters={filters} set={set} project={project} subject={subject} />
          </Stack>
        </Tabs.Panel>
        <Tabs.Panel value="sql">
          <Guard route="runSql">
            <SqlBox />
          </Guard>
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

/** Yields of different parts say nothing together, so the page is always about one project. */
function busiest(projects: readonly Project[]): Project | undefined {
  return projects.toSorted((a, b) => b.inspections - a.inspections)[0];
}
