/** Mails, the low-confidence limit, the threshold's history, and the end of a project. */
import { Button, Group, Slider, Stack, TagsInput, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import type { Project } from "@sightline/api/schemas";
import { useNavigate } from "react-router";
import { useApi, useChange } from "../../app/api.js";
import { useMay } from "../../app/session.js";
import { ActionButton, ConfirmButton } from "../../components/action-button.js";
import { percent, plural } from "../../components/format.js";
import { Panel } from "../../components/panel.js";

const address = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

export function SettingsTab({ project }: { project: Project }) {
  return (
    <Stack gap="lg" maw={760}>
      <MailSettings project={project} />
      <DeleteProject project={project} />
    </Stack>
  );
}

function MailSettings({ project }: { project: Project }) {
  const may = useMay("changeProject");
  const system = useApi("getSystem").data;
  const form = useForm({
    initialValues: { recipients: project.recipients, alertConfidence: project.alertConfidence },
    validate: {
      recipients: (all) => {
        const wrong = all.filter((one) => !address.test(one));
        return wrong.length === 0 ? null : `Not a mail address: ${wrong.join(", ")}`;
      },
    },
  });
  const change = useChange("changeProject", { done: "Saved.", onDone: () => form.resetDirty() });
  const params = { projectId: project.id };
  return (
    <Panel
      title="Mails on defects"
      note={
        system?.mailConfigured === false
          ? "No mail server is set: mails wait until Sightline is started with --smtp-url."
          : undefined
      }
    >
      <form onSubmit={form.onSubmit((body) => change.mutate({ params, body }))}>
        <Stack gap="lg">
          <TagsInput
            {...form.getInputProps("recipients")}
            label="Recipients"
            description="Press Enter after each address"
            placeholder={form.values.recipients.length === 0 ? "quality@example.com" : ""}
            maxTags={50}
            disabled={!may.allowed}
            splitChars={[",", ";", " "]}
            acceptValueOnBlur
          />
          <div>
            <Text size="sm" fw={500}>
              Low-confidence limit: {percent(form.values.alertConfidence)}
            </Text>
            <Text size="xs" c="dimmed" mb="sm">
              A defect below this confidence is mailed as a low-confidence alert.
            </Text>
            <Slider
              {...form.getInputProps("alertConfidence")}
              min={0}
              max={1}
              step={0.01}
              label={percent}
              disabled={!may.allowed}
              thumbLabel="Low-confidence limit"
              thumbValueText={percent(form.values.alertConfidence)}
            />
          </div>
          <Group>
            <ActionButton
              route="changeProject"
              type="submit"
              onClick={() => undefined}
              loading={change.isPending}
              blocked={form.isDirty() ? undefined : "Nothing was changed."}
            >
              Save
            </ActionButton>
            {form.isDirty() && (
              <Button variant="subtle" color="gray" onClick={form.reset}>
                Undo
              </Button>
            )}
          </Group>
        </Stack>
      </form>
    </Panel>
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
        consequence={`${plural(project.inspections, "inspection")}, ${plural(project.cameras, "camera")} and all pictures and models are deleted. This can’t be undone.`}
        confirm="Delete it all"
        onClick={() => remove.mutate({ params: { projectId: project.id } })}
      >
        Delete the project
      </ConfirmButton>
    </Panel>
  );
}
