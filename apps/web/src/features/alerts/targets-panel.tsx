/** Webhooks and brokers that rules send to: their state, a test message, their end. */
import { Anchor, Badge, Group, Stack, Switch, Text } from "@mantine/core";
import { mdiWebhook } from "@mdi/js";
import type { Target } from "@sightline/api/alerts";
import { targetKinds } from "@sightline/api/target-kinds";
import { Link } from "react-router";
import { useApi, useChange } from "../../app/api.js";
import { useMay } from "../../app/session.js";
import { ActionButton, ConfirmButton } from "../../components/action-button.js";
import { Answer } from "../../components/answer.js";
import { CopyLine } from "../../components/copy-line.js";
import { Face } from "../../components/face.js";
import { plural } from "../../components/format.js";
import { Panel } from "../../components/panel.js";
import rows from "../../components/rows.module.css";
import { AddTarget } from "./add-target.js";

export function TargetsPanel({ projectId }: { projectId: string }) {
  const targets = useApi("listTargets", { params: { projectId } }, { refetchEveryMs: 15_000 });
  return (
    <Panel title="Targets" note="Other programs that rules tell: signed webhooks and MQTT brokers." flush>
      <Answer query={targets} compact>
        {({ items }) =>
          items.length === 0 ? (
            <Face compact icon={mdiWebhook} title="No target yet">
              Add one, then a rule that sends to it.
            </Face>
          ) : (
            <ul className={rows.list}>
              {items.map((target) => (
                <TargetRow key={target.id} target={target} />
              ))}
            </ul>
          )
        }
      </Answer>
      <AddTarget projectId={projectId} />
    </Panel>
  );
}

function TargetRow({ target }: { target: Target }) {
  const may = useMay("changeTarget");
  const params = { targetId: target.id };
  const change = useChange("changeTarget");
  const trying = useChange("tryTarget");
  const renew = useChange("renewTargetSecret");
  const remove = useChange("removeTarget", { done: `${target.name} is removed.` });
  const { pending, delivered, parked } = target.actions;
  return (
    <li className={rows.row}>
      <Stack gap="xs" w="100%">
        <Group justify="space-between" gap="sm">
          <Stack gap={2} miw={0} flex="1 1 220px" opacity={target.isEnabled ? 1 : 0.6}>
            <Group gap="xs">
              <Text size="sm" fw={560}>
                {target.name}
              </Text>
              <Badge variant="light" color="gray" radius="sm">
                {targetKinds[target.kind].title}
              </Badge>
            </Group>
            <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
              {target.settings.url}
              {target.settings.topic && ` · ${target.settings.topic}`}
            </Text>
            <Text size="xs" c="dimmed">
              {delivered} delivered · {pending} waiting
              {parked > 0 && (
                <>
                  {" · "}
                  <Anchor component={Link} to="/messages?status=parked" size="xs" c="grape">
                    {plural(parked, "message")} not delivered
                  </Anchor>
                </>
              )}
            </Text>
          </Stack>
          <Group gap="sm">
            <Switch
              aria-label={`Send to ${target.name}`}
              checked={target.isEnabled}
              disabled={!may.allowed || change.isPending}
              onChange={(event) => change.mutate({ params, body: { isEnabled: event.currentTarget.checked } })}
            />
            <ActionButton
              route="tryTarget"
              size="xs"
              variant="light"
              loading={trying.isPending}
              onClick={() => trying.mutate({ params })}
            >
              Send a test
            </ActionButton>
            {targetKinds[target.kind].secret.from === "made" && (
              <ConfirmButton
                route="renewTargetSecret"
                size="xs"
                variant="default"
                loading={renew.isPending}
                question="Make a new signing secret?"
                consequence="The receiver must know it before it accepts further messages. The one before signs no more."
                confirm="Make it"
                onClick={() => renew.mutate({ params })}
              >
                New secret
              </ConfirmButton>
            )}
            <ConfirmButton
              route="removeTarget"
              size="xs"
              variant="default"
              loading={remove.isPending}
              question={`Remove ${target.name}?`}
              consequence="Its rules go with it, and messages that were not delivered."
              confirm="Remove"
              onClick={() => remove.mutate({ params })}
            >
              Remove
            </ConfirmButton>
          </Group>
        </Group>
        {trying.data && (
          <Text size="xs" role="status" c={trying.data.isDelivered ? "good" : "grape"}>
            {trying.data.isDelivered
              ? `The test message arrived after ${trying.data.tookMs} ms.`
              : `It did not arrive: ${trying.data.problem}`}
          </Text>
        )}
        {renew.data && (
          <div role="status">
            <CopyLine label="New signing secret: copy it now, it is not shown again" text={renew.data.secret} />
          </div>
        )}
      </Stack>
    </li>
  );
}
