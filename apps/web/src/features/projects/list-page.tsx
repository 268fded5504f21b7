/** All projects, each with its state in one card. */
import { Badge, Group, Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { mdiFolderMultipleImage, mdiPlus } from "@mdi/js";
import type { Project } from "@sightline/api/projects";
import { Link, useNavigate } from "react-router";
import { useApi } from "../../app/api.js";
import { ActionButton } from "../../components/action-button.js";
import { Answer } from "../../components/answer.js";
import { Face } from "../../components/face.js";
import { plural } from "../../components/format.js";
import { Icon } from "../../components/icon.js";
import { PageHeader } from "../../components/page-header.js";
import css from "./list-page.module.css";

export function Page() {
  const projects = useApi("listProjects");
  const navigate = useNavigate();
  const newProject = (
    <ActionButton
      route="createProject"
      leftSection={<Icon path={mdiPlus} size={18} />}
      onClick={() => void navigate("/projects/new")}
    >
      New project
    </ActionButton>
  );
  return (
    <>
      <PageHeader title="Projects" note="One project inspects one kind of part: its pictures, its models, its cameras.">
        {newProject}
      </PageHeader>
      <Answer query={projects}>
        {({ items }) =>
          items.length === 0 ? (
            <Face icon={mdiFolderMultipleImage} title="No project yet" action={newProject}>
              Drop pictures of good parts, and a model learns what they look like.
            </Face>
          ) : (
            <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="lg">
              {items.map((project) => (
                <ProjectCard key={project.id} project={project} />
              ))}
            </SimpleGrid>
          )
        }
      </Answer>
    </>
  );
}

function ProjectCard({ project }: { project: Project }) {
  const pictures = project.samples.train + project.samples.test;
  return (
    <Paper component={Link} to={`/projects/${project.id}`} className={css.card} radius="lg" p="lg">
      <Stack gap="xs" h="100%">
        <Group justify="space-between" wrap="nowrap" align="flex-start">
          <Title order={2}>{project.name}</Title>
          <RunningBadge project={project} />
        </Group>
        <Text size="sm" c="dimmed" flex={1}>
          {plural(pictures, "labelled picture")} · {plural(project.cameras, "camera")} ·{" "}
          {plural(project.inspections, "inspection")}
        </Text>
        {project.isSample && (
          <Text size="xs" c="dimmed">
            The sample line
          </Text>
        )}
      </Stack>
    </Paper>
  );
}

export function RunningBadge({ project }: { project: Project }) {
  const isRunning = project.runningModelId !== null;
  return (
    <Badge
      variant={isRunning ? "light" : "default"}
      color={isRunning ? "good" : "gray"}
      radius="sm"
      style={{ flexShrink: 0 }}
    >
      {isRunning ? "Inspecting" : "Not running"}
    </Badge>
  );
}
