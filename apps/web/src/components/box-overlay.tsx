/** Boxes over a picture: as SVG in the picture's own pixels, laid out as the picture is. */
import { useElementSize } from "@mantine/hooks";
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
          <BoxShape
            // biome-ignore lint/suspicious/noArrayIndexKey: boxes have no names of their own and are drawn anew together
            key={index}
            box={box}
            scale={scale}
            withName={boxes.withNames === true}
            limits={boxes}
            labels={boxes.labels}
          />
        ))}
      </svg>
    </div>
  );
}

export interface BoxShapeProps {
  box: ShownBox;
  /** Screen pixels for one of the picture's. */
  scale: number;
  withName: boolean;
  limits: { width: number; height: number };
  labels: readonly string[];
  /** It is the one being changed. */
  isChosen?: boolean;
}

export function BoxShape({ box, scale, withName, limits, labels, isChosen = false }: BoxShapeProps) {
  const { line, text } = colorOf(box.label, labels);
  const edges = { x: box.x1, y: box.y1, width: box.x2 - box.x1, height: box.y2 - box.y1 };
  const name = box.score === undefined ? box.label : `${box.label} ${Math.round(box.score * 100)} %`;
  const size = textPixels / scale;
  const plate = { width: (name.length * 0.6 + 0.8) * size, height: size * 1.4 };
  // Above the box where there is room, else inside; never outside the picture.
  const y = box.y1 >= plate.height ? box.y1 - plate.height : box.y1;
  const x = Math.max(0, Math.min(box.x1, limits.width - plate.width));
  return (
    <g>
      <rect {...edges} className={css.rim} fill="none" />
      <rect {...edges} className={css.line} stroke={line} fill={isChosen ? line : "none"} fillOpacity={0.14} />
      {withName && (
        <>
          <rect x={x} y={y} {...plate} rx={size * 0.25} fill={line} />
          <text x={x + size * 0.4} y={y + size * 1.03} fontSize={size} fontWeight={620} fill={text}>
            {name}
          </text>
        </>
      )}
    </g>
  );
}

export function describeBoxes(items: readonly ShownBox[]): string {
  if (items.length === 0) return "No box";
  const counts = new Map<string, number>();
  for (const { label } of items) counts.set(label, (counts.get(label) ?? 0) + 1);
  return `Boxes: ${[...counts].map(([label, count]) => `${count} ${label}`).join(", ")}`;
}
