/** Keeps what a person says of a picture on the server: sent a moment after each change, the newest only, one request at a time. */
import type { Annotation, Sample } from "@sightline/api/samples";
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useSyncExternalStore } from "react";
import { client, keyOf, makeStale } from "../../app/api.js";
import { type Saving, SavingQueue } from "./saving-queue.js";

export interface KeptAnnotation {
  readonly state: Saving;
  save(annotation: Annotation): void;
  /** Sends again what could not be saved. */
  retry(): void;
}

export function useAnnotation(sampleId: string): KeptAnnotation {
  const queries = useQueryClient();
  const queue = useMemo(
    () =>
      new SavingQueue<Annotation>(async (annotation) => {
        const saved: Sample = await client.call("changeSample", { params: { sampleId }, body: annotation });
        // The page that is opened again begins with what is saved, not with what was loaded before.
        queries.setQueryData(keyOf("getSample", { params: { sampleId } }), saved);
        makeStale(queries, ["listSamples", "getProject", "listProjects"]);
      }),
    [sampleId, queries],
  );
  const state = useSyncExternalStore(queue.subscribe, queue.state);
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => {
      if (queue.state().kind !== "saved") event.preventDefault();
    };
    window.addEventListener("beforeunload", warn);
    return () => {
      window.removeEventListener("beforeunload", warn);
      // Leaving the page by a link must not lose the last change.
      queue.flush();
    };
  }, [queue]);
  const save = useCallback((annotation: Annotation) => queue.put(annotation), [queue]);
  return { state, save, retry: queue.flush };
}
