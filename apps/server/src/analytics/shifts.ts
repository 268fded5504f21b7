/** Shifts as the settings name them: "early=06:00". */

export interface Shift {
  readonly name: string;
  /** Minutes after midnight, local time. */
  readonly startsAtMinute: number;
}

/** In the order of the day. */
export function shiftsOf(settings: readonly string[]): readonly Shift[] {
  return settings
    .map((setting) => {
      const [name = "", time = "00:00"] = setting.split("=");
      const [hours = 0, minutes = 0] = time.split(":").map(Number);
      return { name: name.trim(), startsAtMinute: hours * 60 + minutes };
    })
    .toSorted((a, b) => a.startsAtMinute - b.startsAtMinute);
}

export function clockTimeOf({ startsAtMinute }: Shift): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(Math.floor(startsAtMinute / 60))}:${two(startsAtMinute % 60)}`;
}
