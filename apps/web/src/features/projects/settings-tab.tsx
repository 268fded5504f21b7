/** The end of a project, with what goes with it. */
import { List, Stack } from "@mantine/core";
import type { Project } from "@sightline/api/projects";
import { useNavigate } from "react-router";
import { useApi, useChange } from "../../app/api.js";
import { ConfirmButton } from "../../components/action-button.js";
import { bytes, plural } from "../../components/format.js";
import { Panel } from "../../components/panel.js";

export function SettingsTab({ project }: { project: Project }) {
  return (
    <Stack gap="lg" maw={760}>
      <DeleteProject project={project} />
    </Stack>
  );
}

function DeleteProject({ project }: { project: Project }) {
  const navigate = useNavigate();
  const remove = useChange("deleteProject", {
    done: `Project ${project.name} is deleted.`,
    onDone: () => void navigate("/projects", { replace: true }),
  });
  return (
    <Panel title="Delete this project" note="Its pictures, models, cameras and inspections are deleted with it.">
      <ConfirmButton
        route="deleteProject"
        color="defect"
        variant="light"
        loading={remove.isPending}
        question={`Delete ${project.name}?`}
        consequence={<Contents projectId={project.id} />}
        confirm="Delete it all"
        onClick={() => remove.mutate({ params: { projectId: project.id } })}
      >
        Delete the project
      </ConfirmButton>
    </Panel>
  );
}

/** What the deletion takes, counted when the question is asked. */
function Contents({ projectId }: { projectId: string }) {
  const { data } = useApi("getProjectContents", { params: { projectId } });
  if (data === undefined) return "Everything in it is deleted. This can’t be undone.";
  const lines = [
    `${plural(data.inspections, "inspection")} (${bytes(data.inspectionBytes)})${data.unfinishedInspections > 0 ? `, ${data.unfinishedInspections} of them not yet inspected` : ""}`,
    `${plural(data.samples, "picture")} to learn from (${bytes(data.sampleBytes)})`,
    `${plural(data.models, "model version")} (${bytes(data.modelBytes)})${data.runningModelVersion === null ? "" : `; version ${data.runningModelVersion} is running`}`,
    `${plural(data.cameras.length, "camera")}${data.tokens.length > 0 ? `; revoked with them: ${data.tokens.join(", ")}` : ""}`,
    `${plural(data.recipients, "recipient")}, ${plural(data.rules, "rule")} and ${plural(data.targets, "target")}`,
    ...(data.undeliveredActions > 0 ? [`${plural(data.undeliveredActions, "message")} not yet delivered`] : []),
  ];
  return (
    <>
      <List size="sm" mb="xs">
        {lines.map((line) => (
          <List.Item key={line}>{line}</List.Item>
        ))}
      </List>
      This can’t be undone.
    </>
  );
}
