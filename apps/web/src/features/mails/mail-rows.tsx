/** Mails with their state; a parked one can be sent again. */
import { Anchor, Group, Stack, Text } from "@mantine/core";
import { mdiEmailAlertOutline, mdiEmailCheckOutline, mdiEmailFastOutline } from "@mdi/js";
import type { Action } from "@sightline/api/schemas";
import { Link } from "react-router";
import { useChange } from "../../app/api.js";
import { ActionButton } from "../../components/action-button.js";
import { plural } from "../../components/format.js";
import { Icon } from "../../components/icon.js";
import rows from "../../components/rows.module.css";
import { TimeText } from "../../components/time-text.js";

const looks = {
  pending: { word: "Waiting to be sent", icon: mdiEmailFastOutline, color: "dimmed" },
  delivered: { word: "Delivered", icon: mdiEmailCheckOutline, color: "good" },
  parked: { word: "Not delivered", icon: mdiEmailAlertOutline, color: "grape" },
} as const;

export function MailRows({ mails, linked }: { mails: readonly Action[]; linked?: boolean }) {
  return (
    <ul className={rows.list}>
      {mails.map((mail) => (
        <Mail key={mail.id} mail={mail} linked={linked === true} />
      ))}
    </ul>
  );
}

function Mail({ mail, linked }: { mail: Action; linked: boolean }) {
  const look = looks[mail.status];
  const retry = useChange("retryAction", { done: "The mail is in the queue again." });
  return (
    <li className={rows.row}>
      <Group wrap="nowrap" align="flex-start" gap="md" w="100%">
        <Text span c={look.color} mt={1}>
          <Icon path={look.icon} />
        </Text>
        <Stack gap={2} flex={1} miw={0}>
          <Text size="sm">{mail.summary}</Text>
          <Text size="xs" c="dimmed">
            {look.word}
            {" · "}
            <TimeText time={mail.deliveredAt ?? mail.createdAt} />
            {mail.attempts > 1 && ` · ${plural(mail.attempts, "attempt")}`}
            {mail.status === "pending" && mail.nextAttemptAt !== null && mail.attempts > 0 && (
              <>
                {" · next "}
                <TimeText time={mail.nextAttemptAt} style="clock" />
              </>
            )}
          </Text>
          {mail.lastError !== null && mail.status !== "delivered" && (
            <Text size="xs" c="grape">
              {mail.lastError}
            </Text>
          )}
          {linked && mail.inspectionId !== null && (
            <Anchor component={Link} to={`/inspections/${mail.inspectionId}`} size="xs">
              Open the inspection
            </Anchor>
          )}
        </Stack>
        {mail.status === "parked" && (
          <ActionButton
            route="retryAction"
            size="xs"
            variant="light"
            loading={retry.isPending}
            onClick={() => retry.mutate({ params: { actionId: mail.id } })}
          >
            Send again
          </ActionButton>
        )}
      </Group>
    </li>
  );
}
