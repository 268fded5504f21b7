/** The first step of a new project: its name. */
import { Button, Group, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { ProjectName } from "@sightline/api/words";
import { useNavigate } from "react-router";
import { useChange } from "../../app/api.js";
import { Guard } from "../../components/faces.js";
import { PageHeader } from "../../components/page-header.js";
import { Panel } from "../../components/panel.js";
import { SetupSteps } from "./setup-steps.js";

export function Page() {
  return (
    <Guard route="createProject">
      <PageHeader
        title="New project"
        note="One project inspects one kind of part."
        back={{ to: "/projects", title: "Projects" }}
      />
      <Stack gap="lg">
        <SetupSteps at="name" projectId={undefined} reached={0} />
        <Panel title="What will it inspect?">
          <NameForm />
        </Panel>
      </Stack>
    </Guard>
  );
}

function NameForm() {
  const navigate = useNavigate();
  const form = useForm({
    initialValues: { name: "" },
    validate: { name: (name) => (ProjectName.safeParse(name).success ? null : whyNot(name)) },
  });
  const create = useChange("createProject", {
    showsError: true,
    onDone: (project) => void navigate(`/projects/${project.id}/setup?step=pictures`),
  });
  const { onChange, ...name } = form.getInputProps("name");
  return (
    <form onSubmit={form.onSubmit(({ name }) => create.mutate({ body: { name } }))}>
      <Stack maw={460}>
        <TextInput
          {...name}
          // Spaces are what people type; the name allows none.
          onChange={(event) => onChange(event.currentTarget.value.replaceAll(" ", "-"))}
          label="Name"
          description="Letters, digits, - and _, such as pump-housing"
          placeholder="pump-housing"
          autoComplete="off"
          data-autofocus
          autoFocus
          required
          error={name.error ?? create.error?.message}
        />
        <Group>
          <Button type="submit" loading={create.isPending}>
            Continue to the pictures
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function whyNot(name: string): string {
  if (name === "") return "Give it a name.";
  if (!/^[A-Za-z0-9]/.test(name)) return "The first character must be a letter or a digit.";
  const wrong = [...new Set(name.match(/[^A-Za-z0-9_-]/g) ?? [])].join(" ");
  return wrong === "" ? "At most 255 characters." : `These characters are not allowed: ${wrong}`;
}
