/** Pictures tried on a model, two at a time; nothing of it is stored on the server. */
import type { Prediction } from "@sightline/api/predictions";
import { useCallback, useEffect, useRef, useState } from "react";
import { client } from "../../app/api.js";
import { mediaTypeOf } from "../../components/dropped-files.js";

/** The picture was added to the project's pictures. */
export interface Kept {
  projectId: string;
  sampleId: string;
  label: string;
}

export interface Trial {
  key: number;
  file: File;
  preview: string;
  prediction?: Prediction;
  /** Why it could not be judged. */
  reason?: string;
  kept?: Kept;
}

const concurrency = 2;

export function useTrials(modelId: string | undefined) {
  const [trials, setTrials] = useState<readonly Trial[]>([]);
  const made = useRef(0);
  const active = useRef(new Set<number>());
  const known = useRef(trials);
  known.current = trials;

  useEffect(() => {
    if (modelId === undefined) return;
    const free = concurrency - active.current.size;
    const next = trials.filter((trial) => isOpen(trial) && !active.current.has(trial.key)).slice(0, Math.max(0, free));
    for (const trial of next) {
      active.current.add(trial.key);
      void judge(modelId, trial.file).then((outcome) => {
        active.current.delete(trial.key);
        setTrials((all) => all.map((one) => (one.key === trial.key ? { ...one, ...outcome } : one)));
      });
    }
  }, [trials, modelId]);

  useEffect(() => () => release(known.current), []);

  const add = useCallback((files: readonly File[]) => {
    const fresh = files.map((file): Trial => ({ key: made.current++, file, preview: URL.createObjectURL(file) }));
    setTrials((all) => [...fresh, ...all]);
  }, []);
  const clear = useCallback(() => {
    release(known.current);
    setTrials([]);
  }, []);
  /** Judges all pictures again, for another model; what was kept stays kept. */
  const again = useCallback(
    () => setTrials((all) => all.map(({ prediction: _, reason: __, ...trial }) => ({ ...trial, key: made.current++ }))),
    [],
  );
  const keep = useCallback((key: number, kept: Kept | undefined) => {
    const change = ({ kept: _, ...trial }: Trial): Trial => (kept === undefined ? trial : { ...trial, kept });
    setTrials((all) => all.map((one) => (one.key === key ? change(one) : one)));
  }, []);
  return { trials, add, clear, again, keep };
}

function release(trials: readonly Trial[]): void {
  for (const { preview } of trials) URL.revokeObjectURL(preview);
}

function isOpen(trial: Trial): boolean {
  return trial.prediction === undefined && trial.reason === undefined;
}

async function judge(modelId: string, file: File): Promise<Pick<Trial, "prediction" | "reason">> {
  try {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const prediction = await client.call("predict", {
      params: { modelId },
      query: {},
      bytes,
      contentType: mediaTypeOf(file),
    });
    return { prediction };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}
