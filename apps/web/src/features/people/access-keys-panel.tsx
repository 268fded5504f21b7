/** Access keys: what programs made for Amazon Lookout for Vision sign their requests with. */
import { Badge, Box, Group, Select, Stack, Table } from "@mantine/core";
import { useForm } from "@mantine/form";
import { mdiKeyChainVariant } from "@mdi/js";
import type { AccessKey } from "@sightline/api/people";
import { useApi, useChange } from "../../app/api.js";
import { ActionButton, ConfirmButton } from "../../components/action-button.js";
import { Answer } from "../../components/answer.js";
import { CopyLine } from "../../components/copy-line.js";
import { Face } from "../../components/face.js";
import { Panel } from "../../components/panel.js";
import { TimeText } from "../../components/time-text.js";

export function AccessKeysPanel() {
  const keys = useApi("listAccessKeys");
  return (
    <Panel
      title="Access keys"
      note="For programs made for Amazon Lookout for Vision: they sign with a key of a person."
      flush
    >
      <Stack gap="md">
        <Box px={20}>
          <NewAccessKey />
        </Box>
        <Answer query={keys} compact>
          {({ items }) =>
            items.length === 0 ? (
              <Face compact icon={mdiKeyChainVariant} title="No access key yet">
                Only programs of the Lookout for Vision API need one.
              </Face>
            ) : (
              <Table.ScrollContainer minWidth={560}>
                <Table>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>Access key</Table.Th>
                      <Table.Th>Person</Table.Th>
                      <Table.Th>Last used</Table.Th>
                      <Table.Th />
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {items.map((key) => (
                      <AccessKeyRow key={key.id} accessKey={key} />
                    ))}
                  </Table.Tbody>
                </Table>
              </Table.ScrollContainer>
            )
          }
        </Answer>
      </Stack>
    </Panel>
  );
}

function NewAccessKey() {
  const users = useApi("listUsers").data?.items ?? [];
  const form = useForm({
    initialValues: { userName: null as string | null },
    validate: { userName: (name) => (name === null ? "Whose programs?" : null) },
  });
  const create = useChange("createAccessKey", { onDone: () => form.reset() });
  const submit = form.onSubmit(({ userName }) => create.mutate({ body: { userName: userName ?? "" } }));
  return (
    <form onSubmit={submit}>
      <Group align="end" gap="sm">
        <Select
          {...form.getInputProps("userName")}
          label="Person"
          placeholder="Whose programs"
          data={users.map(({ name, role }) => ({ value: name, label: `${name} (${role})` }))}
          nothingFoundMessage="Nobody yet: make a sign-in link first"
          searchable
        />
        <ActionButton route="createAccessKey" type="submit" onClick={() => undefined} loading={create.isPending}>
          Make an access key
        </ActionButton>
      </Group>
      {create.data && (
        <Stack role="status" gap="xs" mt="sm">
          <CopyLine label={`Access key of ${create.data.userName}`} text={create.data.accessKeyId} />
          <CopyLine label="Its secret: copy it now, it is not shown again" text={create.data.secretAccessKey} />
        </Stack>
      )}
    </form>
  );
}

function AccessKeyRow({ accessKey }: { accessKey: AccessKey }) {
  const { id, accessKeyId, userName, role, lastUsedAt, revokedAt } = accessKey;
  const revoke = useChange("revokeAccessKey", { done: `Access key ${accessKeyId} is revoked.` });
  return (
    <Table.Tr opacity={revokedAt === null ? 1 : 0.6}>
      <Table.Td ff="monospace">{accessKeyId}</Table.Td>
      <Table.Td>
        {userName} ({role})
      </Table.Td>
      <Table.Td>{lastUsedAt === null ? "never" : <TimeText time={lastUsedAt} style="ago" />}</Table.Td>
      <Table.Td ta="right">
        {revokedAt === null ? (
          <ConfirmButton
            route="revokeAccessKey"
            size="xs"
            variant="default"
            loading={revoke.isPending}
            question={`Revoke ${accessKeyId}?`}
            consequence="Whatever signs with this key is refused from that moment on. A revoked key can’t be brought back."
            confirm="Revoke"
            onClick={() => revoke.mutate({ params: { keyId: id } })}
          >
            Revoke
          </ConfirmButton>
        ) : (
          <Badge variant="default" radius="sm">
            Revoked
          </Badge>
        )}
      </Table.Td>
    </Table.Tr>
  );
}
