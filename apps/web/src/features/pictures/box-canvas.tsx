/** Draws the box editor over its picture, and turns pointer and keys into its steps. */
import { useElementSize } from "@mantine/hooks";
import { type KeyboardEvent, type PointerEvent, useRef, useState } from "react";
import { BoxNames, BoxShape, describeBoxes } from "../../components/box-overlay.js";
import css from "./box-canvas.module.css";
import { type BoxEditor, type Handle, handleAt, handles, type Point, placeOf, type Size } from "./box-editor.js";
import { useZoomedView } from "./use-zoomed-view.js";

export interface BoxCanvasProps {
  editor: BoxEditor;
  onChange: (editor: BoxEditor) => void;
  size: Size;
  src: string;
  name: string;
  /** What a new box is called; `null`: nothing can be drawn yet. */
  label: string | null;
  /** The labels that the keys 1 to 9 stand for. */
  labels: readonly string[];
  onLabel: (label: string) => void;
  /** 1: the whole picture is seen. */
  zoom: number;
  readOnly: boolean;
}

/** In pixels of the screen. */
const handleSize = 10;
const reach = { mouse: 9, touch: 20 };
const bigStep = 10;

export function BoxCanvas(props: BoxCanvasProps) {
  const { editor, onChange, size, src, name, label, labels, zoom, readOnly } = props;
  const { ref, width } = useElementSize<HTMLDivElement>();
  const svg = useRef<SVGSVGElement>(null);
  const [cursor, setCursor] = useState("crosshair");
  const chosen = editor.selected === null ? undefined : editor.shown[editor.selected];
  const middle = chosen && placeOf(chosen, { x: 0, y: 0 });
  const place = middle ? { x: middle.x / size.width, y: middle.y / size.height } : null;
  const view = useZoomedView(zoom, { selected: editor.selected, place, isBusy: editor.isBusy });
  /** Screen pixels for one of the picture's. */
  const scale = width / size.width || 1;
  const placeIn = (event: PointerEvent): Point => {
    const edge = svg.current?.getBoundingClientRect();
    if (edge === undefined) return { x: 0, y: 0 };
    return {
      x: ((event.clientX - edge.left) / edge.width) * size.width,
      y: ((event.clientY - edge.top) / edge.height) * size.height,
    };
  };
  const reachOf = (event: PointerEvent) => (event.pointerType === "touch" ? reach.touch : reach.mouse) / scale;
  const down = (event: PointerEvent<SVGSVGElement>) => {
    if (event.button !== 0 || readOnly) return;
    // The second finger: what the first began was no box.
    if (view.down(event)) return editor.isBusy ? onChange(editor.cancel()) : undefined;
    if (label === null) return;
    // The picture under it must not be dragged off, and the keys are for the boxes from now on.
    event.preventDefault();
    event.currentTarget.focus({ preventScroll: true });
    event.currentTarget.setPointerCapture(event.pointerId);
    onChange(editor.down(placeIn(event), { label, reach: reachOf(event) }));
  };
  const move = (event: PointerEvent<SVGSVGElement>) => {
    if (readOnly || view.move(event)) return;
    if (editor.isBusy) onChange(editor.move(placeIn(event)));
    else setCursor(cursorAt(editor, placeIn(event), reachOf(event)));
  };
  const up = (event: PointerEvent) => {
    if (!view.up(event) && editor.isBusy) onChange(editor.up());
  };
  const press = (event: KeyboardEvent) => {
    const next = readOnly ? null : stepOf(event, props);
    if (next === null) return;
    event.preventDefault();
    event.stopPropagation();
    onChange(next);
  };
  const ratio = size.width / size.height;
  return (
    <div
      ref={view.ref}
      onScroll={view.onScroll}
      className={css.view}
      data-zoomed={zoom > 1 || undefined}
      style={{ maxWidth: `calc(var(--canvas-height) * ${ratio})` }}
    >
      <div ref={ref} className={css.sheet} style={{ width: `${zoom * 100}%`, aspectRatio: `${ratio}` }}>
        <img src={src} alt={name} draggable={false} />
        <svg
          ref={svg}
          className={css.boxes}
          viewBox={`0 0 ${size.width} ${size.height}`}
          style={{ cursor: readOnly || label === null ? "default" : cursor }}
          data-editable={!readOnly || undefined}
          role={readOnly ? "img" : "application"}
          aria-label={`${name}. ${describeBoxes(editor.shown)}`}
          aria-roledescription={readOnly ? undefined : "box editor"}
          tabIndex={readOnly ? -1 : 0}
          onPointerDown={down}
          onPointerMove={move}
          onPointerUp={up}
          onPointerCancel={(event) => {
            if (!view.up(event)) onChange(editor.cancel());
          }}
          onKeyDown={press}
        >
          {editor.shown.map((box, index) => (
            <BoxShape
              // biome-ignore lint/suspicious/noArrayIndexKey: boxes have no names of their own; their place is their name
              key={index}
              box={box}
              labels={labels}
              isChosen={index === editor.selected}
            />
          ))}
          <BoxNames boxes={editor.shown} scale={scale} limits={size} labels={labels} chosen={editor.selected} />
          {chosen !== undefined &&
            !readOnly &&
            handles.map((handle) => (
              <HandleMark key={`${handle.x} ${handle.y}`} place={placeOf(chosen, handle)} scale={scale} />
            ))}
        </svg>
      </div>
    </div>
  );
}

function HandleMark({ place, scale }: { place: Point; scale: number }) {
  const side = handleSize / scale;
  return (
    <rect
      className={css.handle}
      x={place.x - side / 2}
      y={place.y - side / 2}
      width={side}
      height={side}
      rx={side * 0.25}
    />
  );
}

function cursorAt(editor: BoxEditor, at: Point, near: number): string {
  const box = editor.selected === null ? undefined : editor.boxes[editor.selected];
  if (box === undefined) return "crosshair";
  const handle = handleAt(box, at, near);
  if (handle !== undefined) return resizeCursor(handle);
  return at.x >= box.x1 && at.x <= box.x2 && at.y >= box.y1 && at.y <= box.y2 ? "move" : "crosshair";
}

function resizeCursor({ x, y }: Handle): string {
  if (x === 0) return "ns-resize";
  if (y === 0) return "ew-resize";
  return x === y ? "nwse-resize" : "nesw-resize";
}

const directions: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** What a key does; `null`: it is not for the boxes. */
function stepOf(event: KeyboardEvent, { editor, label, labels, onLabel }: BoxCanvasProps): BoxEditor | null {
  const { key, shiftKey, altKey } = event;
  const isCommand = event.ctrlKey || event.metaKey;
  if (isCommand && key.toLowerCase() === "z") return shiftKey ? editor.redo() : editor.undo();
  if (isCommand && key.toLowerCase() === "y") return editor.redo();
  if (isCommand) return null;
  const direction = directions[key];
  if (direction !== undefined) {
    // Without a chosen box the arrows are for the pictures before and after.
    if (editor.selected === null) return null;
    const [dx, dy] = direction.map((one) => one * (shiftKey ? bigStep : 1)) as [number, number];
    return altKey ? editor.stretch(dx, dy) : editor.nudge(dx, dy);
  }
  if (key === "Escape") return editor.selected === null && !editor.isBusy ? null : editor.cancel();
  if (key === "Delete" || key === "Backspace") return editor.selected === null ? null : editor.remove();
  if (key === "n" || key === "p") return editor.selectNext(key === "n" ? 1 : -1);
  if (key === "b" && label !== null) return editor.add(label);
  const numbered = /^[1-9]$/.test(key) ? labels[Number(key) - 1] : undefined;
  if (numbered === undefined) return null;
  onLabel(numbered);
  return editor.relabel(numbered);
}
