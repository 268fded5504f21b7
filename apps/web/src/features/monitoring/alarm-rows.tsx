/** Alarms with their state, condition and reason; each leads to its page. */
import { Anchor, Group, Stack, Text } from "@mantine/core";
import { conditionText } from "@sightline/api/alarm-words";
import type { Alarm } from "@sightline/api/monitoring";
import { Link } from "react-router";
import { Icon } from "../../components/icon.js";
import rows from "../../components/rows.module.css";
import { TimeText } from "../../components/time-text.js";
import { AlarmStateMark, isMuted, mutedIcon } from "./alarm-look.js";

/** What needs a person stands first; the order of making within. */
const urgency = (alarm: Alarm) => (alarm.isOn ? { ALARM: 0, INSUFFICIENT_DATA: 1, OK: 2 }[alarm.state] : 3);

export function AlarmRows({ alarms, showProject }: { alarms: readonly Alarm[]; showProject: boolean }) {
  const sorted = alarms.toSorted((a, b) => urgency(a) - urgency(b));
  return (
    <ul className={rows.list}>
      {sorted.map((alarm) => (
        <li key={alarm.id} className={rows.row}>
          <div style={{ flex: "0 0 92px" }}>
            <AlarmStateMark alarm={alarm} />
          </div>
          <Stack gap={2} className={rows.main}>
            <Group gap={8}>
              <Anchor component={Link} to={`/monitoring/${alarm.id}`} fw={600} size="sm">
                {alarm.name}
              </Anchor>
              {isMuted(alarm, Date.now()) && (
                <Text span size="xs" c="dimmed" style={{ display: "inline-flex", alignItems: "center", gap: 4 }}>
                  <Icon path={mutedIcon} size={15} /> muted
                </Text>
              )}
            </Group>
            <Text size="xs" c="dimmed">
              {showProject && `${alarm.projectName} · `}
              {alarm.cameraId !== null && `${alarm.cameraId} · `}
              {conditionText(alarm)}
            </Text>
          </Stack>
          <Stack gap={2} style={{ flex: "1 1 220px", minWidth: 0 }}>
            <Text size="sm">{alarm.reason}</Text>
            {alarm.isOn && (
              <Text size="xs" c="dimmed">
                since <TimeText time={alarm.stateSince} style="ago" />
              </Text>
            )}
          </Stack>
        </li>
      ))}
    </ul>
  );
}
