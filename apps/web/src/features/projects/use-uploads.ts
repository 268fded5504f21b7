/** The upload queue of one project as React sees it; what arrives shows up in the gallery in batches. */
import type { Part } from "@sightline/api/samples";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import { makeStale } from "../../app/api.js";
import type { Answers } from "../training/methods.js";
import { isTemporary, sendPicture } from "./send-picture.js";
import { tally, UploadQueue } from "./upload-queue.js";

export interface UploadKind {
  /** `null`: it comes without any and is labelled afterwards. */
  label: string | null;
  answers: Answers;
  part: Part;
}

const refreshEveryMs = 1_200;

/** @param onBusy told when pictures begin to be on their way, and when none is left */
export function useUploads(projectId: string, onBusy?: (isBusy: boolean) => void) {
  const queries = useQueryClient();
  const queue = useMemo(
    () =>
      new UploadQueue<UploadKind>({
        send: ({ file, kind }, onShare, signal) => sendPicture({ projectId, ...kind, file }, onShare, signal),
        isTemporary,
      }),
    [projectId],
  );
  const uploads = useSyncExternalStore(queue.subscribe, queue.uploads);
  const counts = useMemo(() => tally(uploads), [uploads]);
  const isBusy = counts.open > 0;
  const seen = useRef(0);
  useEffect(() => onBusy?.(isBusy), [isBusy, onBusy]);

  useEffect(() => {
    const refresh = () => makeStale(queries, ["listSamples", "getProject"]);
    if (!isBusy) {
      if (seen.current !== counts.done) refresh();
      seen.current = counts.done;
      return;
    }
    const timer = setInterval(refresh, refreshEveryMs);
    return () => clearInterval(timer);
  }, [isBusy, counts.done, queries]);

  useEffect(() => {
    if (!isBusy) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [isBusy]);

  return { queue, uploads, counts, isBusy };
}

export type Uploads = ReturnType<typeof useUploads>;
