/** A time in the reader's zone, with the stored UTC value as tooltip. */
import { Tooltip } from "@mantine/core";
import { useInterval } from "@mantine/hooks";
import { useEffect, useState } from "react";
import { ago, clockTime, localTime } from "./format.js";

export interface TimeTextProps {
  time: string;
  style?: "full" | "clock" | "ago";
}

export function TimeText({ time, style = "full" }: TimeTextProps) {
  const text = { full: localTime, clock: clockTime, ago: () => <Ago time={time} /> }[style];
  return (
    <Tooltip label={`${localTime(time)} here, ${time} (UTC)`}>
      <time dateTime={time}>{text(time)}</time>
    </Tooltip>
  );
}

function Ago({ time }: { time: string }) {
  const [nowMs, setNow] = useState(() => Date.now());
  const clock = useInterval(() => setNow(Date.now()), 5_000);
  useEffect(() => {
    clock.start();
    return clock.stop;
  }, [clock]);
  return ago(time, Math.max(nowMs, Date.parse(time)));
}
