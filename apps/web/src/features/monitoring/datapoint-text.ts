/** One datapoint in words: when, what, from how many readings. */
import type { Datapoint } from "@sightline/api/monitoring";
import { plural } from "../../components/format.js";

export function datapointText({ startsAt, value, samples }: Datapoint, text: (value: number) => string): string {
  const time = new Date(startsAt).toLocaleString(undefined, { weekday: "short", hour: "2-digit", minute: "2-digit" });
  return `${time}: ${value === null ? "nothing read" : `${text(value)} from ${plural(samples, "reading")}`}`;
}
