/** The anomaly rate over time, with how many pictures it rests on. */
import { Text } from "@mantine/core";
import { mdiChartLine } from "@mdi/js";
import type { Stats } from "@sightline/api/inspections";
import type { ApiCallError } from "@sightline/client/client";
import type { UseQueryResult } from "@tanstack/react-query";
import { useState } from "react";
import { Answer } from "../../components/answer.js";
import { Face } from "../../components/face.js";
import { percent, plural } from "../../components/format.js";
import { Panel } from "../../components/panel.js";
import { RateChart } from "../../components/rate-chart.js";
import { tellsClasses } from "./tells-classes.js";
import { type WindowName, windows } from "./windows.js";

export function RatePanel({ stats, window }: { stats: UseQueryResult<Stats, ApiCallError>; window: WindowName }) {
  const [at, setAt] = useState<number | null>(null);
  const bucket = at === null ? undefined : stats.data?.buckets[at];
  const isClasses = stats.data !== undefined && tellsClasses(stats.data);
  const note = bucket ? (
    <>
      {new Date(bucket.startsAt).toLocaleString(undefined, {
        weekday: "short",
        hour: "2-digit",
        minute: "2-digit",
        second: "2-digit",
      })}
      {": "}
      {bucket.inspected === 0
        ? "nothing inspected"
        : isClasses
          ? plural(bucket.inspected, "picture")
          : `${percent(bucket.anomalous / bucket.inspected)} · ${plural(bucket.anomalous, "defect")} in ${bucket.inspected}`}
    </>
  ) : isClasses ? (
    `Pictures inspected over the last ${windows[window].title}`
  ) : (
    `Share of defects, and pictures inspected (bars), over the last ${windows[window].title}`
  );
  return (
    <Panel title={isClasses ? "Pictures over time" : "Anomaly rate"} note={note}>
      <Answer query={stats} compact>
        {(data) =>
          data.totals.inspected === 0 ? (
            <Face compact icon={mdiChartLine} title="Nothing was inspected in this window">
              Choose a longer window, or wait for the next picture.
            </Face>
          ) : (
            <>
              <RateChart stats={data} volumeOnly={isClasses} onPoint={setAt} />
              <Text size="xs" c="dimmed" mt={4}>
                {isClasses
                  ? `${plural(data.totals.inspected, "picture")} of ${plural(data.byLabel.length, "class", "classes")}.`
                  : `Overall ${percent(data.totals.anomalous / data.totals.inspected)}: ${plural(data.totals.anomalous, "defect")} in ${plural(data.totals.inspected, "picture")}.`}
              </Text>
            </>
          )
        }
      </Answer>
    </Panel>
  );
}
