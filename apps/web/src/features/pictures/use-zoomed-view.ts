/** What is seen of an enlarged picture: the chosen box, and what two fingers move it to. */
import { type PointerEvent, useLayoutEffect, useRef } from "react";
import type { Point } from "./box-editor.js";

export interface ZoomedView {
  /** Of the element that scrolls. */
  ref: React.RefObject<HTMLDivElement | null>;
  onScroll: () => void;
  /** Each says whether the pointer is one of two fingers that move the picture: then it is not for the boxes. */
  down: (event: PointerEvent) => boolean;
  move: (event: PointerEvent) => boolean;
  up: (event: PointerEvent) => boolean;
}

export interface Chosen {
  /** Which box; `null`: none. */
  selected: number | null;
  /** Its middle, as shares of the picture's width and height. */
  place: Point | null;
  /** It is being drawn or changed: nothing may move under the pointer. */
  isBusy: boolean;
}

export function useZoomedView(zoom: number, { selected, place, isBusy }: Chosen): ZoomedView {
  const ref = useRef<HTMLDivElement>(null);
  const middle = useRef<Point>({ x: 0.5, y: 0.5 });
  const wanted = useRef(place);
  wanted.current = place;
  const before = useRef({ zoom, selected });
  useLayoutEffect(() => {
    if (isBusy) return;
    const last = before.current;
    before.current = { zoom, selected };
    const [view, chosen] = [ref.current, wanted.current];
    if (view === null) return;
    if (zoom !== last.zoom) show(view, chosen ?? middle.current);
    else if (selected !== last.selected && chosen !== null && !isSeen(view, chosen)) show(view, chosen);
  }, [zoom, selected, isBusy]);

  const fingers = useRef(new Map<number, Point>());
  const isMoving = useRef(false);
  return {
    ref,
    onScroll: () => {
      if (ref.current !== null) middle.current = middleOf(ref.current);
    },
    down: (event) => {
      if (event.pointerType !== "touch") return false;
      fingers.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
      isMoving.current ||= fingers.current.size > 1;
      return isMoving.current;
    },
    move: (event) => {
      const from = fingers.current.get(event.pointerId);
      if (from === undefined) return false;
      const count = fingers.current.size;
      fingers.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
      // Each finger counts for its share: together they move the picture as far as they move.
      if (isMoving.current) ref.current?.scrollBy((from.x - event.clientX) / count, (from.y - event.clientY) / count);
      return isMoving.current;
    },
    up: (event) => {
      fingers.current.delete(event.pointerId);
      const wasMoving = isMoving.current;
      isMoving.current &&= fingers.current.size > 0;
      return wasMoving;
    },
  };
}

function show(view: HTMLElement, { x, y }: Point): void {
  view.scrollLeft = x * view.scrollWidth - view.clientWidth / 2;
  view.scrollTop = y * view.scrollHeight - view.clientHeight / 2;
}

function middleOf(view: HTMLElement): Point {
  return {
    x: (view.scrollLeft + view.clientWidth / 2) / view.scrollWidth,
    y: (view.scrollTop + view.clientHeight / 2) / view.scrollHeight,
  };
}

function isSeen(view: HTMLElement, { x, y }: Point): boolean {
  const at = middleOf(view);
  return (
    Math.abs(x - at.x) * view.scrollWidth < view.clientWidth / 2 &&
    Math.abs(y - at.y) * view.scrollHeight < view.clientHeight / 2
  );
}
