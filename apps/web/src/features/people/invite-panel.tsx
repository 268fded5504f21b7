/** Makes a sign-in link for a person. */
import { Group, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useChange } from "../../app/api.js";
import { ActionButton } from "../../components/action-button.js";
import { CopyLine } from "../../components/copy-line.js";
import { Panel } from "../../components/panel.js";
import { TimeText } from "../../components/time-text.js";
import { RightFields } from "./right-fields.js";
import { type UserRoleChoice, userRoles } from "./roles.js";

const lifetimes = [
  { value: "60", label: "1 hour" },
  { value: "1440", label: "1 day" },
  { value: "10080", label: "7 days" },
];

export function InvitePanel() {
  const form = useForm({
    initialValues: { name: "", role: "viewer" as UserRoleChoice, minutes: "1440" },
    validate: { name: (name) => (name.trim() === "" ? "Whose link is it?" : null) },
  });
  const create = useChange("createSignInLink");
  const submit = form.onSubmit(({ name, role, minutes }) =>
    create.mutate({ body: { name: name.trim(), role, expiresInMinutes: Number(minutes) } }),
  );
  return (
    <Panel title="Invite a person" note="The link signs one browser in, once.">
      <form onSubmit={submit}>
        <Stack gap="sm">
          <RightFields
            name={form.getInputProps("name")}
            role={form.getInputProps("role")}
            lifetime={form.getInputProps("minutes")}
            chosenRole={form.values.role}
            roles={userRoles}
            lifetimes={lifetimes}
            example="Maria"
          />
          <Group>
            <ActionButton route="createSignInLink" type="submit" onClick={() => undefined} loading={create.isPending}>
              Make a link
            </ActionButton>
          </Group>
        </Stack>
      </form>
      {create.data && (
        <div role="status" style={{ marginTop: 12 }}>
          <CopyLine label="Send this link to the person" text={create.data.url} />
          <Text size="xs" c="dimmed">
            Works once, until <TimeText time={create.data.expiresAt} />
          </Text>
        </div>
      )}
    </Panel>
  );
}
