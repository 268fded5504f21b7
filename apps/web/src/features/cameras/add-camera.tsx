/** Adds a camera to a project. */
import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import type { Camera } from "@sightline/api/cameras";
import { PlantId } from "@sightline/api/words";
import { useApi, useChange } from "../../app/api.js";
import { ProjectSelect } from "../../components/project-select.js";

export interface AddCameraProps {
  isOpen: boolean;
  close: () => void;
  projectId: string | undefined;
  onAdded: (camera: Camera) => void;
}

export function AddCamera({ isOpen, close, ...rest }: AddCameraProps) {
  return (
    <Modal opened={isOpen} onClose={close} title={<Text fw={620}>Add a camera</Text>}>
      {isOpen && <AddCameraForm close={close} {...rest} />}
    </Modal>
  );
}

const plantIdRule = (what: string) => (id: string) =>
  PlantId.safeParse(id).success
    ? null
    : `${what} needs 1 to 128 of A–Z a–z 0–9 . _ : - and starts with a letter or digit.`;

function AddCameraForm({ close, projectId, onAdded }: Omit<AddCameraProps, "isOpen">) {
  const projects = useApi("listProjects").data?.items ?? [];
  const own = projects.find((project) => !project.isSample) ?? projects[0];
  const form = useForm({
    initialValues: { id: "", name: "", assemblyLineId: "line-1", projectId: projectId ?? own?.id ?? "" },
    validate: {
      id: plantIdRule("The id"),
      assemblyLineId: plantIdRule("The line"),
      projectId: (id) => (id === "" ? "Choose a project." : null),
    },
  });
  const add = useChange("addCamera", {
    showsError: true,
    onDone: (camera) => {
      close();
      onAdded(camera);
    },
  });
  return (
    <form onSubmit={form.onSubmit(({ name, ...body }) => add.mutate({ body: name === "" ? body : { ...body, name } }))}>
      <Stack>
        <TextInput
          {...form.getInputProps("id")}
          label="Id"
          description="As printed on the camera"
          placeholder="cam-07"
          required
          data-autofocus
          autoComplete="off"
        />
        <TextInput {...form.getInputProps("assemblyLineId")} label="Line" required autoComplete="off" />
        <TextInput
          {...form.getInputProps("name")}
          label="Name"
          description="For people; may stay empty"
          maxLength={120}
          autoComplete="off"
        />
        <ProjectSelect
          label="Project"
          required
          allowDeselect={false}
          value={form.values.projectId}
          onChange={(id) => form.setFieldValue("projectId", id ?? "")}
          error={form.errors.projectId}
        />
        {add.error && (
          <Text size="sm" c="defect" role="alert">
            {add.error.message}
          </Text>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" loading={add.isPending}>
            Add it
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
