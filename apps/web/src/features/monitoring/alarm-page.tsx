/** One alarm: its state and why, its metric with the threshold, every change of its state. */
import { Button, Menu, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { mdiBellOffOutline, mdiBellOutline, mdiBellRemoveOutline } from "@mdi/js";
import { conditionText } from "@sightline/api/alarm-words";
import type { Alarm } from "@sightline/api/monitoring";
import { useNavigate, useParams } from "react-router";
import { useApi, useChange } from "../../app/api.js";
import { useMay } from "../../app/session.js";
import { ActionButton, ConfirmButton } from "../../components/action-button.js";
import { Answer } from "../../components/answer.js";
import { Face } from "../../components/face.js";
import { Icon } from "../../components/icon.js";
import { PageHeader } from "../../components/page-header.js";
import { Panel } from "../../components/panel.js";
import { TimeText } from "../../components/time-text.js";
import { AlarmChart } from "./alarm-chart.js";
import { AlarmForm } from "./alarm-form.js";
import { AlarmHistory } from "./alarm-history.js";
import { AlarmStateMark, isMuted } from "./alarm-look.js";
import { ReceiverNames } from "./receivers.js";

export function Page() {
  const { alarmId = "" } = useParams();
  const alarm = useApi("getAlarm", { params: { alarmId } }, { refetchEveryMs: 15_000 });
  const gone = (
    <Face icon={mdiBellRemoveOutline} title="This alarm is no longer here">
      It was deleted, or its project was.
    </Face>
  );
  return (
    <Answer query={alarm} missing={gone}>
      {(found) => <AlarmView alarm={found} />}
    </Answer>
  );
}

function AlarmView({ alarm }: { alarm: Alarm }) {
  const [isChanging, changing] = useDisclosure(false);
  const navigate = useNavigate();
  const remove = useChange("removeAlarm", { done: "The alarm is deleted.", onDone: () => navigate("/monitoring") });
  return (
    <>
      <PageHeader
        title={alarm.name}
        mark={<AlarmStateMark alarm={alarm} size="md" />}
        note={`${alarm.projectName} · ${alarm.cameraId ?? "all cameras"} · ${conditionText(alarm)}`}
        back={{ to: "/monitoring", title: "Monitoring" }}
      >
        <MuteMenu alarm={alarm} />
        <ActionButton route="changeAlarm" variant="default" onClick={changing.open}>
          Change
        </ActionButton>
        <ConfirmButton
          route="removeAlarm"
          variant="subtle"
          color="defect"
          question={`Delete the alarm “${alarm.name}”?`}
          consequence="Its history goes with it. The readings of its metric stay."
          confirm="Delete"
          loading={remove.isPending}
          onClick={() => remove.mutate({ params: { alarmId: alarm.id } })}
        >
          Delete
        </ConfirmButton>
      </PageHeader>
      <Stack gap="lg">
        <Panel title="Why" note={<Since alarm={alarm} />}>
          <Text>{alarm.reason}</Text>
          <Text size="sm" c="dimmed" mt={6}>
            {missingWords[alarm.missingData]} <TellWords alarm={alarm} />
          </Text>
        </Panel>
        <AlarmChart alarm={alarm} />
        <AlarmHistory alarmId={alarm.id} />
      </Stack>
      <AlarmForm isOpen={isChanging} close={changing.close} alarm={alarm} />
    </>
  );
}

const missingWords = {
  notBreaching: "A period without data is within the threshold.",
  breaching: "A period without data counts as a breach.",
  ignore: "A period without data changes nothing.",
  missing: "Without data its state is “No data”.",
} as const;

const stateWords = { ALARM: "Alarm", OK: "OK", INSUFFICIENT_DATA: "No data" } as const;

function TellWords({ alarm: { notifyOn, projectId, tells } }: { alarm: Alarm }) {
  if (notifyOn.length === 0) return "It tells nobody.";
  return (
    <>
      When it becomes {notifyOn.map((state) => stateWords[state]).join(" or ")} it tells{" "}
      <ReceiverNames projectId={projectId} tells={tells} />.
    </>
  );
}

function Since({ alarm }: { alarm: Alarm }) {
  if (!alarm.isOn) return "Switched off";
  return (
    <>
      {stateWords[alarm.state]} since <TimeText time={alarm.stateSince} />
      {isMuted(alarm, Date.now()) && alarm.mutedUntil !== null && (
        <>
          {" · muted until "}
          <TimeText time={alarm.mutedUntil} />
        </>
      )}
    </>
  );
}

const hour = 3_600_000;
const silences = [
  { title: "For 1 hour", forMs: hour },
  { title: "For 8 hours", forMs: 8 * hour },
  { title: "For 1 day", forMs: 24 * hour },
  { title: "For 1 week", forMs: 7 * 24 * hour },
];

function MuteMenu({ alarm }: { alarm: Alarm }) {
  const may = useMay("muteAlarm");
  const mute = useChange("muteAlarm");
  const tell = (untilMs: number | null) =>
    mute.mutate({
      params: { alarmId: alarm.id },
      body: { until: untilMs === null ? null : new Date(untilMs).toISOString() },
    });
  if (isMuted(alarm, Date.now())) {
    return (
      <ActionButton
        route="muteAlarm"
        variant="default"
        leftSection={<Icon path={mdiBellOutline} size={18} />}
        loading={mute.isPending}
        onClick={() => tell(null)}
      >
        Unmute
      </ActionButton>
    );
  }
  return (
    <Menu position="bottom-end" disabled={!may.allowed}>
      <Menu.Target>
        <Button
          variant="default"
          leftSection={<Icon path={mdiBellOffOutline} size={18} />}
          loading={mute.isPending}
          {...(may.allowed ? {} : { "data-disabled": true, "aria-disabled": true, title: may.reason })}
        >
          Mute
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {silences.map(({ title, forMs }) => (
          <Menu.Item key={title} onClick={() => tell(Date.now() + forMs)}>
            {title}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
