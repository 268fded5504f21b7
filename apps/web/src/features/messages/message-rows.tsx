/** Mails and messages with their state; a parked one can be sent again or given up. */
import { Anchor, Group, Stack, Text } from "@mantine/core";
import {
  mdiEmailAlertOutline,
  mdiEmailCheckOutline,
  mdiEmailFastOutline,
  mdiMessageAlertOutline,
  mdiMessageCheckOutline,
  mdiMessageFastOutline,
} from "@mdi/js";
import type { Action } from "@sightline/api/alerts";
import { targetKinds } from "@sightline/api/target-kinds";
import { Link } from "react-router";
import { useChange } from "../../app/api.js";
import { ActionButton, ConfirmButton } from "../../components/action-button.js";
import { plural } from "../../components/format.js";
import { Icon } from "../../components/icon.js";
import rows from "../../components/rows.module.css";
import { TimeText } from "../../components/time-text.js";

const looks = {
  pending: { word: "Waiting to be sent", mail: mdiEmailFastOutline, message: mdiMessageFastOutline, color: "dimmed" },
  delivered: { word: "Delivered", mail: mdiEmailCheckOutline, message: mdiMessageCheckOutline, color: "good" },
  parked: { word: "Not delivered", mail: mdiEmailAlertOutline, message: mdiMessageAlertOutline, color: "grape" },
} as const;

export const kindWord = (kind: Action["kind"]) => (kind === "mail" ? "Mail" : targetKinds[kind].title);

export function MessageRows({ messages, linked }: { messages: readonly Action[]; linked?: boolean }) {
  return (
    <ul className={rows.list}>
      {messages.map((message) => (
        <Message key={message.id} message={message} linked={linked === true} />
      ))}
    </ul>
  );
}

function Message({ message, linked }: { message: Action; linked: boolean }) {
  const look = looks[message.status];
  const params = { actionId: message.id };
  const retry = useChange("retryAction", { done: "It is in the queue again." });
  const discard = useChange("discardAction", { done: "It is given up." });
  return (
    <li className={rows.row}>
      <Group align="flex-start" gap="md" w="100%">
        <Text span c={look.color} mt={1}>
          <Icon path={message.kind === "mail" ? look.mail : look.message} />
        </Text>
        <Stack gap={2} flex="1 1 200px" miw={0}>
          <Text size="sm" style={{ overflowWrap: "anywhere" }}>
            {message.summary}
          </Text>
          <Text size="xs" c="dimmed">
            {kindWord(message.kind)}
            {" · "}
            {look.word}
            {" · "}
            <TimeText time={message.deliveredAt ?? message.createdAt} />
            {message.attempts > 1 && ` · ${plural(message.attempts, "attempt")}`}
            {message.status === "pending" && message.nextAttemptAt !== null && message.attempts > 0 && (
              <>
                {" · next "}
                <TimeText time={message.nextAttemptAt} style="clock" />
              </>
            )}
          </Text>
          {message.lastError !== null && message.status !== "delivered" && (
            <Text size="xs" c="grape" style={{ overflowWrap: "anywhere" }}>
              {message.lastError}
            </Text>
          )}
          {linked && message.inspectionId !== null && (
            <Anchor component={Link} to={`/inspections/${message.inspectionId}`} size="xs">
              Open the inspection
            </Anchor>
          )}
        </Stack>
        {message.status === "parked" && (
          <Group gap="xs">
            <ActionButton
              route="retryAction"
              size="xs"
              variant="light"
              loading={retry.isPending}
              onClick={() => retry.mutate({ params })}
            >
              Send again
            </ActionButton>
            <ConfirmButton
              route="discardAction"
              size="xs"
              variant="default"
              loading={discard.isPending}
              question="Give this up?"
              consequence="It is not sent any more, and leaves this list."
              confirm="Give it up"
              onClick={() => discard.mutate({ params })}
            >
              Give up
            </ConfirmButton>
          </Group>
        )}
      </Group>
    </li>
  );
}
