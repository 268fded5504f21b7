/** One explanation from its start to its end: asked after while it is made, stopped when nobody looks any more. */
import type { Explanation } from "@sightline/api/explanations";
import { useCallback, useEffect, useRef, useState } from "react";
import { client } from "../../app/api.js";

const askEveryMs = 400;

export interface UsedExplanation {
  /** The one begun last. */
  explanation: Explanation | undefined;
  isWorking: boolean;
  /** Why it could not be begun or made. */
  reason: string | undefined;
  begin(start: () => Promise<Explanation>): void;
  stop(): void;
}

export function useExplanation(): UsedExplanation {
  const [explanation, setExplanation] = useState<Explanation>();
  const [reason, setReason] = useState<string>();
  const [isStarting, setStarting] = useState(false);
  const open = useRef<string>(undefined);
  const id = explanation?.id;
  const isUnderWay = explanation?.status === "queued" || explanation?.status === "running";
  open.current = isUnderWay ? id : undefined;

  useEffect(() => {
    if (id === undefined || !isUnderWay) return;
    let isOver = false;
    const timer = setInterval(() => {
      client.call("getExplanation", { params: { explanationId: id } }).then(
        (told) => !isOver && setExplanation(told),
        (error: unknown) => {
          if (isOver) return;
          setReason(error instanceof Error ? error.message : String(error));
          setExplanation(undefined);
        },
      );
    }, askEveryMs);
    return () => {
      isOver = true;
      clearInterval(timer);
    };
  }, [id, isUnderWay]);

  useEffect(() => () => cancel(open.current), []);

  const begin = useCallback((start: () => Promise<Explanation>) => {
    setReason(undefined);
    setExplanation(undefined);
    setStarting(true);
    start()
      .then(setExplanation, (error: unknown) => setReason(error instanceof Error ? error.message : String(error)))
      .finally(() => setStarting(false));
  }, []);
  const stop = useCallback(() => {
    cancel(open.current);
    setExplanation(undefined);
  }, []);
  return {
    explanation,
    isWorking: isStarting || isUnderWay,
    reason: reason ?? explanation?.failure?.message,
    begin,
    stop,
  };
}

/** It may have ended meanwhile: then there is nothing to stop. */
function cancel(explanationId: string | undefined): void {
  if (explanationId !== undefined) client.call("cancelExplanation", { params: { explanationId } }).catch(() => {});
}
