/** All model versions, project by project. */

import { Stack } from "@mantine/core";
import { mdiCubeScan } from "@mdi/js";
import { useApi } from "../../app/api.js";
import { Answer } from "../../components/answer.js";
import { LinkFace } from "../../components/link-face.js";
import { PageHeader } from "../../components/page-header.js";
import { ProjectSelect } from "../../components/project-select.js";
import { useUrlFilters } from "../../components/url-filters.js";
import { ModelTable } from "./model-table.js";

export function Page() {
  const projects = useApi("listProjects");
  const { filters, set } = useUrlFilters(["project"]);
  return (
    <>
      <PageHeader
        title="Models"
        note="A version never changes; the running one inspects, and its threshold can be moved at any time."
      >
        <ProjectSelect
          value={filters.project ?? null}
          onChange={(project) => set({ project })}
          placeholder="All projects"
          w={{ base: "100%", xs: 200 }}
        />
      </PageHeader>
      <Answer query={projects}>
        {({ items }) => {
          const shown = items.filter((project) => filters.project === undefined || project.id === filters.project);
          if (shown.length === 0) {
            return (
              <LinkFace icon={mdiCubeScan} title="No project yet" to="/projects/new" link="New project">
                Models belong to a project.
              </LinkFace>
            );
          }
          return (
            <Stack gap="lg">
              {shown.map((project) => (
                <ModelTable key={project.id} projectId={project.id} title={project.name} />
              ))}
            </Stack>
          );
        }}
      </Answer>
    </>
  );
}
