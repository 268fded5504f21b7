/** The review queue: pictures that the model was unsure of, that a rule, a trial or a person wants looked at. */
import { Button, Group, Select } from "@mantine/core";
import { mdiCheckAll, mdiFlaskOutline } from "@mdi/js";
import type { Review } from "@sightline/api/reviews";
import { Link } from "react-router";
import { useApi } from "../../app/api.js";
import { Answer } from "../../components/answer.js";
import { Face } from "../../components/face.js";
import { Icon } from "../../components/icon.js";
import { LinkFace } from "../../components/link-face.js";
import { PageHeader } from "../../components/page-header.js";
import { ProjectSelect } from "../../components/project-select.js";
import { useUrlFilters } from "../../components/url-filters.js";
import { ProjectDeck } from "./deck-setup.js";
import { reasonTitles } from "./review-facts.js";

const reasons = Object.keys(reasonTitles) as Review["reason"][];

export function Page() {
  const { filters, set } = useUrlFilters(["project", "reason"]);
  const projects = useApi("listProjects");
  const open = useApi("listReviews", { query: { status: "open", limit: 1 } }).data;
  const reason = reasons.find((one) => one === filters.reason);
  // Without a choice, the project that has something to look at.
  const projectId = filters.project ?? open?.items[0]?.projectId ?? projects.data?.items[0]?.id;
  const project = projects.data?.items.find(({ id }) => id === projectId);
  return (
    <>
      <PageHeader
        title="Review"
        note="Say what each picture shows. It joins the project’s pictures, and the next training learns from it."
      >
        <ProjectSelect
          required
          value={projectId ?? null}
          onChange={(id) => set({ project: id })}
          placeholder="Project"
          w={{ base: "100%", xs: 190 }}
        />
        <Select
          aria-label="Why a person is asked"
          placeholder="Every reason"
          clearable
          w={{ base: "100%", xs: 210 }}
          value={reason ?? null}
          onChange={(value) => set({ reason: value })}
          data={reasons.map((value) => ({ value, label: reasonTitles[value] }))}
        />
        <Button
          component={Link}
          to={projectId === undefined ? "/trials" : `/trials?project=${projectId}`}
          variant="default"
          leftSection={<Icon path={mdiFlaskOutline} size={18} />}
        >
          Trials
        </Button>
      </PageHeader>
      <Answer query={projects}>
        {({ items }) =>
          items.length === 0 ? (
            <LinkFace icon={mdiCheckAll} title="No project yet" to="/projects/new" link="New project">
              Pictures to review belong to a project.
            </LinkFace>
          ) : project === undefined ? (
            <Nothing />
          ) : (
            <ProjectDeck
              key={`${project.id} ${reason ?? ""}`}
              project={project}
              filter={{ project: project.id, status: "open", reason }}
              empty={<Nothing projectName={project.name} />}
            />
          )
        }
      </Answer>
    </>
  );
}

function Nothing({ projectName }: { projectName?: string }) {
  return (
    <Face
      icon={mdiCheckAll}
      title="Nothing waits for you"
      action={
        <Group justify="center">
          <Button component={Link} to="/trials" variant="light">
            Try a version on pictures
          </Button>
        </Group>
      }
    >
      {projectName === undefined ? "Pictures" : `Pictures of ${projectName}`} come here when the model is unsure of
      them, when a rule asks, or when somebody asks on an inspection’s page.
    </Face>
  );
}
