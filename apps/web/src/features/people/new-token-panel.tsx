/** Makes a token for a program or a device. */
import { Group, MultiSelect, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useApi, useChange } from "../../app/api.js";
import { ActionButton } from "../../components/action-button.js";
import { CopyLine } from "../../components/copy-line.js";
import { Panel } from "../../components/panel.js";
import { RightFields } from "./right-fields.js";
import { type TokenRoleChoice, tokenRoles } from "./roles.js";

const lifetimes = [
  { value: "", label: "Until revoked" },
  { value: "30", label: "30 days" },
  { value: "365", label: "1 year" },
];

export function NewTokenPanel() {
  const cameras = useApi("listCameras").data?.items ?? [];
  const form = useForm({
    initialValues: { name: "", role: "device" as TokenRoleChoice, cameraIds: [] as string[], days: "" },
    validate: {
      name: (name) => (name.trim() === "" ? "What is it for?" : null),
      cameraIds: (ids, { role }) => (role === "device" && ids.length === 0 ? "Choose at least one camera." : null),
    },
  });
  const create = useChange("createToken", { onDone: () => form.reset() });
  const submit = form.onSubmit(({ name, role, cameraIds, days }) =>
    create.mutate({
      body: {
        name: name.trim(),
        role,
        cameraIds: role === "device" ? cameraIds : [],
        expiresInDays: days === "" ? null : Number(days),
      },
    }),
  );
  return (
    <Panel title="New token" note="For a camera, a script or the command line.">
      <form onSubmit={submit}>
        <Stack gap="sm">
          <RightFields
            name={form.getInputProps("name")}
            role={form.getInputProps("role")}
            lifetime={form.getInputProps("days")}
            chosenRole={form.values.role}
            roles={tokenRoles}
            lifetimes={lifetimes}
            example="cam-07"
          />
          {form.values.role === "device" && (
            <MultiSelect
              {...form.getInputProps("cameraIds")}
              label="Cameras"
              data={cameras.map((camera) => camera.id)}
              placeholder={form.values.cameraIds.length === 0 ? "Which it may send for" : ""}
              nothingFoundMessage="No camera yet: add one first"
              searchable
            />
          )}
          <Group>
            <ActionButton route="createToken" type="submit" onClick={() => undefined} loading={create.isPending}>
              Make a token
            </ActionButton>
          </Group>
        </Stack>
      </form>
      {create.data && (
        <div role="status" style={{ marginTop: 12 }}>
          <CopyLine
            label={`Token “${create.data.name}”: copy it now, it is not shown again`}
            text={create.data.secret}
          />
        </div>
      )}
    </Panel>
  );
}
