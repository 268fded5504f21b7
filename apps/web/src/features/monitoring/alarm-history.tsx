/** Every change of an alarm's state, newest first. */
import { Stack, Text } from "@mantine/core";
import { mdiHistory } from "@mdi/js";
import { useApi } from "../../app/api.js";
import { Answer } from "../../components/answer.js";
import { Face } from "../../components/face.js";
import { Panel } from "../../components/panel.js";
import rows from "../../components/rows.module.css";
import { TimeText } from "../../components/time-text.js";
import { Verdict } from "../../components/verdict.js";
import { stateLooks } from "./alarm-look.js";

export function AlarmHistory({ alarmId }: { alarmId: string }) {
  const history = useApi("getAlarmHistory", { params: { alarmId } });
  return (
    <Panel title="History" flush>
      <Answer query={history} compact>
        {({ items }) =>
          items.length > 0 ? (
            <ul className={rows.list}>
              {items.map((change) => (
                <li key={`${change.changedAt} ${change.from} ${change.to}`} className={rows.row}>
                  <div style={{ flex: "0 0 92px" }}>
                    <Verdict look={stateLooks[change.to]} />
                  </div>
                  <Stack gap={2} className={rows.main}>
                    <Text size="sm">{change.reason}</Text>
                    <Text size="xs" c="dimmed">
                      <TimeText time={change.changedAt} />
                      {` · was ${stateLooks[change.from].word}`}
                      {change.isTold && " · told"}
                    </Text>
                  </Stack>
                </li>
              ))}
            </ul>
          ) : (
            <Face compact icon={mdiHistory} title="No change yet">
              Changes of its state are kept here, the last 500 of them.
            </Face>
          )
        }
      </Answer>
    </Panel>
  );
}
