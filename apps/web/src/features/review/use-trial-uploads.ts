/** Sends dropped pictures to a trial, two at a time. */
import { useCallback, useRef, useState } from "react";
import { client } from "../../app/api.js";
import { mediaTypeOf } from "../../components/dropped-files.js";

export interface TrialUploads {
  /** On their way or waiting to be. */
  readonly left: number;
  readonly refused: readonly { readonly name: string; readonly reason: string }[];
  add(files: readonly File[]): void;
}

const concurrency = 2;

export function useTrialUploads(trialId: string, onSent: () => void): TrialUploads {
  const [left, setLeft] = useState(0);
  const [refused, setRefused] = useState<TrialUploads["refused"]>([]);
  const queue = useRef<File[]>([]);
  const workers = useRef(0);

  const add = useCallback(
    (files: readonly File[]) => {
      queue.current.push(...files);
      setLeft((count) => count + files.length);
      setRefused([]);
      const work = async () => {
        for (let file = queue.current.shift(); file !== undefined; file = queue.current.shift()) {
          const reason = await send(trialId, file);
          if (reason !== undefined) {
            const { name } = file;
            setRefused((all) => [...all, { name, reason }]);
          }
          setLeft((count) => count - 1);
          onSent();
        }
        workers.current--;
      };
      while (workers.current < concurrency) {
        workers.current++;
        void work();
      }
    },
    [trialId, onSent],
  );
  return { left, refused, add };
}

/** @returns why it was refused. */
async function send(trialId: string, file: File): Promise<string | undefined> {
  try {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const query = { name: file.name.slice(-200) };
    await client.call("addTrialPicture", { params: { trialId }, query, bytes, contentType: mediaTypeOf(file) });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
