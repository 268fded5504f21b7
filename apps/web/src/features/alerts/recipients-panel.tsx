/** Who gets mails: each is asked by mail first and can leave with one click. */
import { Badge, Group, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { mdiAccountMultipleOutline } from "@mdi/js";
import type { Recipient } from "@sightline/api/alerts";
import { useApi, useChange } from "../../app/api.js";
import { ActionButton, ConfirmButton } from "../../components/action-button.js";
import { Answer } from "../../components/answer.js";
import { Face } from "../../components/face.js";
import { Panel } from "../../components/panel.js";
import rows from "../../components/rows.module.css";
import { TimeText } from "../../components/time-text.js";

export function RecipientsPanel({ projectId }: { projectId: string }) {
  const recipients = useApi("listRecipients", { params: { projectId } });
  const system = useApi("getSystem").data;
  return (
    <Panel
      title="Recipients"
      flush
      note={
        system?.mailConfigured === false
          ? "No mail server is set: mails wait until Sightline is started with --smtp-url."
          : "Each is asked by mail first, and can leave with one click."
      }
    >
      <Answer query={recipients} compact>
        {({ items }) =>
          items.length === 0 ? (
            <Face compact icon={mdiAccountMultipleOutline} title="Nobody gets mails yet">
              Add an address below.
            </Face>
          ) : (
            <ul className={rows.list}>
              {items.map((recipient) => (
                <RecipientRow key={recipient.id} recipient={recipient} />
              ))}
            </ul>
          )
        }
      </Answer>
      <AddRecipient projectId={projectId} />
    </Panel>
  );
}

const looks = {
  asked: { word: "Not yet confirmed", color: "yellow" },
  confirmed: { word: "Gets mails", color: "good" },
  left: { word: "Left", color: "gray" },
} as const;

function RecipientRow({ recipient }: { recipient: Recipient }) {
  const { id, address, status } = recipient;
  const params = { recipientId: id };
  const ask = useChange("askRecipient", { done: `${address} is asked by mail.` });
  const remove = useChange("removeRecipient", { done: `${address} is removed.` });
  return (
    <li className={rows.row}>
      <Group justify="space-between" w="100%" gap="sm">
        <Stack gap={2} miw={0} flex="1 1 200px">
          <Text size="sm" fw={560} style={{ overflowWrap: "anywhere" }}>
            {address}
          </Text>
          <Text size="xs" c="dimmed">
            {status === "confirmed" ? "Since " : status === "left" ? "On " : "Asked "}
            <TimeText time={recipient.leftAt ?? recipient.confirmedAt ?? recipient.askedAt} />
          </Text>
        </Stack>
        <Group gap="xs">
          <Badge variant="light" color={looks[status].color} radius="sm">
            {looks[status].word}
          </Badge>
          {status !== "confirmed" && (
            <ActionButton
              route="askRecipient"
              size="xs"
              variant="light"
              loading={ask.isPending}
              onClick={() => ask.mutate({ params })}
            >
              Ask again
            </ActionButton>
          )}
          <ConfirmButton
            route="removeRecipient"
            size="xs"
            variant="default"
            loading={remove.isPending}
            question={`Remove ${address}?`}
            consequence="Mails on their way there are not sent."
            confirm="Remove"
            onClick={() => remove.mutate({ params })}
          >
            Remove
          </ConfirmButton>
        </Group>
      </Group>
    </li>
  );
}

function AddRecipient({ projectId }: { projectId: string }) {
  const form = useForm({
    initialValues: { address: "" },
    validate: { address: (text) => (/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text.trim()) ? null : "Not a mail address") },
  });
  const add = useChange("addRecipient", {
    done: ({ address }) => `${address} is asked by mail.`,
    onDone: () => form.reset(),
  });
  return (
    <form
      onSubmit={form.onSubmit(({ address }) =>
        add.mutate({ params: { projectId }, body: { address: address.trim() } }),
      )}
    >
      <Group px={20} py={16} gap="sm" align="flex-start">
        <TextInput
          {...form.getInputProps("address")}
          aria-label="Mail address"
          placeholder="quality@example.com"
          flex="1 1 220px"
          maxLength={254}
          autoComplete="off"
        />
        <ActionButton route="addRecipient" type="submit" onClick={() => undefined} loading={add.isPending}>
          Add
        </ActionButton>
      </Group>
    </form>
  );
}
