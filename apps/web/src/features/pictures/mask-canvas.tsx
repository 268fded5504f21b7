/** The mask of a picture, laid over it; while it is drawn on, each stroke shows as it is made. */
import { type PointerEvent, useEffect, useRef } from "react";
import css from "./mask-canvas.module.css";
import { flatten, inPicture, type MaskTool, type Point, type Size, type Stroke } from "./mask-drawing.js";

/** What the next stroke is made with. */
export interface Brush {
  readonly tool: MaskTool;
  readonly colour: string;
  readonly widthPixels: number;
}

export interface MaskCanvasProps {
  picture: Size;
  /** What is stored; `null`: nothing. */
  base: ImageBitmap | null;
  strokes: readonly Stroke[];
  /** `null`: the mask is only shown. */
  brush: Brush | null;
  onStroke: (stroke: Stroke) => void;
}

export function MaskCanvas({ picture, base, strokes, brush, onStroke }: MaskCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const points = useRef<Point[] | null>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (context) paintMask(context, picture, base, strokes);
  }, [picture, base, strokes]);

  const pointOf = (event: PointerEvent<HTMLCanvasElement>): Point => {
    const stage = event.currentTarget.getBoundingClientRect();
    return inPicture({ x: event.clientX - stage.left, y: event.clientY - stage.top }, stage, picture);
  };
  const extend = (event: PointerEvent<HTMLCanvasElement>) => {
    const context = canvas.current?.getContext("2d");
    if (points.current === null || brush === null || !context) return;
    const before = points.current.at(-1);
    const point = pointOf(event);
    points.current.push(point);
    paintStroke(context, { ...brush, points: before === undefined ? [point] : [before, point] });
  };
  const end = () => {
    if (points.current !== null && points.current.length > 0 && brush !== null)
      onStroke({ ...brush, points: points.current });
    points.current = null;
  };
  return (
    <canvas
      ref={canvas}
      className={css.mask}
      width={picture.width}
      height={picture.height}
      data-drawing={brush !== null || undefined}
      role="img"
      aria-label={brush === null ? "Where the defects are" : "Draw where the defects are"}
      onPointerDown={(event) => {
        if (brush === null || event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        points.current = [];
        extend(event);
      }}
      onPointerMove={extend}
      onPointerUp={end}
      onPointerCancel={end}
    />
  );
}

type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

function paintMask(context: Context, { width, height }: Size, base: ImageBitmap | null, strokes: readonly Stroke[]) {
  context.globalCompositeOperation = "source-over";
  context.clearRect(0, 0, width, height);
  context.imageSmoothingEnabled = false;
  if (base !== null) context.drawImage(base, 0, 0, width, height);
  for (const stroke of strokes) paintStroke(context, stroke);
}

function paintStroke(context: Context, { tool, colour, widthPixels, points }: Stroke): void {
  const [first, ...others] = points;
  if (first === undefined) return;
  context.globalCompositeOperation = tool === "erase" ? "destination-out" : "source-over";
  context.strokeStyle = colour;
  context.lineWidth = widthPixels;
  context.lineCap = "round";
  context.lineJoin = "round";
  context.beginPath();
  context.moveTo(first.x, first.y);
  // A line of no length shows as a dot, being round at its ends.
  for (const { x, y } of others.length === 0 ? [first] : others) context.lineTo(x, y);
  context.stroke();
}

/** The mask as a file of flat colours. @returns its PNG and the colours in it; none: nothing is drawn */
export async function encodeMask(
  picture: Size,
  base: ImageBitmap | null,
  strokes: readonly Stroke[],
  colours: readonly string[],
): Promise<{ png: Uint8Array; used: readonly string[] }> {
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) throw new Error("This browser has no canvas to draw on.");
  paintMask(context, picture, base, strokes);
  const pixels = context.getImageData(0, 0, picture.width, picture.height);
  const used = flatten(pixels.data, colours);
  context.putImageData(pixels, 0, 0);
  const file = await canvas.convertToBlob({ type: "image/png" });
  return { png: new Uint8Array(await file.arrayBuffer()), used };
}
