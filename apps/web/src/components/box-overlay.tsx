/** Boxes over a picture: as SVG in the picture's own pixels, laid out as the picture is. */
import { useElementSize } from "@mantine/hooks";
import { placeNames } from "./box-names.js";
import { colorOf } from "./label-colors.js";
import css from "./picture.module.css";

export interface ShownBox {
  label: string;
  x1: number;
  y1: number;
  x2: number;
  y2: number;
  /** Left out for what people drew. */
  score?: number;
}

export interface ShownBoxes {
  items: readonly ShownBox[];
  /** Of the picture that the boxes are in, in pixels. */
  width: number;
  height: number;
  /** Every label of the project, so that each has a colour of its own. */
  labels: readonly string[];
  /** Names and scores; left out on thumbnails. */
  withNames?: boolean;
}

const textPixels = 12;

export function BoxOverlay({ boxes, fit }: { boxes: ShownBoxes; fit: "contain" | "cover" }) {
  const { ref, width, height } = useElementSize<HTMLDivElement>();
  const choose = fit === "cover" ? Math.max : Math.min;
  const scale = choose(width / boxes.width, height / boxes.height) || 1;
  return (
    <div ref={ref} className={css.boxes} data-thin={boxes.withNames !== true || undefined}>
      <svg
        viewBox={`0 0 ${boxes.width} ${boxes.height}`}
        preserveAspectRatio={fit === "cover" ? "xMidYMid slice" : "xMidYMid meet"}
        role="img"
        aria-label={describeBoxes(boxes.items)}
      >
        {/* The best last, so that it lies on top. */}
        {boxes.items.toReversed().map((box, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: boxes have no names of their own and are drawn anew together
          <BoxShape key={index} box={box} labels={boxes.labels} />
        ))}
        {boxes.withNames && <BoxNames boxes={boxes.items} scale={scale} limits={boxes} labels={boxes.labels} />}
      </svg>
    </div>
  );
}

export interface BoxShapeProps {
  box: ShownBox;
  labels: readonly string[];
  /** It is the one being changed. */
  isChosen?: boolean;
}

export function BoxShape({ box, labels, isChosen = false }: BoxShapeProps) {
  const { line } = colorOf(box.label, labels);
  const edges = { x: box.x1, y: box.y1, width: box.x2 - box.x1, height: box.y2 - box.y1 };
  return (
    <g>
      <rect {...edges} className={css.rim} fill="none" />
      <rect {...edges} className={css.line} stroke={line} fill={isChosen ? line : "none"} fillOpacity={0.14} />
    </g>
  );
}

export interface BoxNamesProps {
  boxes: readonly ShownBox[];
  /** Screen pixels for one of the picture's. */
  scale: number;
  limits: { width: number; height: number };
  labels: readonly string[];
  chosen?: number | null;
}

/** Above all boxes, so that no line goes through a name. */
export function BoxNames({ boxes, scale, limits, labels, chosen = null }: BoxNamesProps) {
  const size = textPixels / scale;
  const named = boxes.map((box) => ({ ...box, name: nameOf(box) }));
  const plates = placeNames(named, { size, limits, chosen });
  const nameAt = (index: number) => {
    const [box, plate] = [named[index], plates[index]];
    if (!box || !plate) return null;
    const { line, text } = colorOf(box.label, labels);
    return (
      <g key={index}>
        <rect {...plate} className={css.plate} rx={size * 0.25} fill={line} />
        <text x={plate.x + size * 0.4} y={plate.y + size * 1.03} fontSize={size} fontWeight={620} fill={text}>
          {box.name}
        </text>
      </g>
    );
  };
  return (
    <g>
      {named.map((_, index) => index !== chosen && nameAt(index))}
      {chosen !== null && nameAt(chosen)}
    </g>
  );
}

function nameOf({ label, score }: ShownBox): string {
  return score === undefined ? label : `${label} ${Math.round(score * 100)} %`;
}

export function describeBoxes(items: readonly ShownBox[]): string {
  if (items.length === 0) return "No box";
  const counts = new Map<string, number>();
  for (const { label } of items) counts.set(label, (counts.get(label) ?? 0) + 1);
  return `Boxes: ${[...counts].map(([label, count]) => `${count} ${label}`).join(", ")}`;
}
