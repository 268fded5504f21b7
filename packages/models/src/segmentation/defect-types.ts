/** Which kinds of defects the masks of a training part name, in which colours, and which pictures say where they are. */
import type { Sample } from "@sightline/dataset/dataset";

/** A kind of defect as the masks name it. */
export interface DefectType {
  readonly label: string;
  /** `#rrggbb`: what it is drawn in. */
  readonly colour: string;
}

/** What the rest of a picture is called. */
export const backgroundType: DefectType = { label: "background", colour: "#ffffff" };

/** For masks without colours of their own: told apart by people who see few colours, too (Okabe and Ito 2008). */
const palette = ["#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442", "#000000"] as const;

/** More types than a label map has room for are left out. */
export const maxDefectTypes = 64;

/**
 * The types of all masks, in the order of their first pictures. A colour that two of them claim stays the first one's: what
 * is drawn must be told apart.
 */
export function defectTypes(samples: readonly Sample[]): readonly DefectType[] {
  const found = new Map<string, string | null>();
  for (const { maskFile, maskColours, label } of samples) {
    if (maskFile === undefined) continue;
    for (const row of maskColours ?? [{ label, colour: null }])
      if (!found.has(row.label) && row.label !== backgroundType.label) found.set(row.label, row.colour);
  }
  const taken = new Set<string>([backgroundType.colour]);
  return [...found].slice(0, maxDefectTypes).map(([label, own]) => {
    const colour = [own, ...palette, ...greys()].find((one) => one !== null && !taken.has(one)) as string;
    taken.add(colour);
    return { label, colour };
  });
}

/** Where the palette ends. */
function greys(): string[] {
  return Array.from({ length: maxDefectTypes }, (_, i) => `#${(0x404040 + i * 0x020202).toString(16)}`);
}

/** Whether a picture says where its defects are: by a mask, or by being good. */
export function isDrawn({ maskFile, label }: Sample, normalLabel: string | null): boolean {
  return maskFile !== undefined || label === normalLabel;
}
