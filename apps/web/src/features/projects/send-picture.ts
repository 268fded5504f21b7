/** Sends one labelled picture through the typed client, with the progress that fetch itself can't tell. */
import type { Part } from "@sightline/api/samples";
import { ApiCallError, createClient } from "@sightline/client/client";
import { mediaTypeOf } from "../../components/dropped-files.js";
import type { Answers } from "../training/methods.js";

export interface PictureUpload {
  projectId: string;
  /** `null`: none yet. */
  label: string | null;
  answers: Answers;
  part: Part;
  file: File;
}

export async function sendPicture(
  upload: PictureUpload,
  onShare: (share: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const { projectId, label, answers, part, file } = upload;
  const said = answers === "label" ? { label: label ?? "" } : { [answers]: "[]" };
  const bytes = await readFile(file);
  const client = createClient({
    url: "",
    fetch: (url, init) => fetchWithProgress(url, init, onShare),
    timeoutMs: 180_000,
  });
  await client.call("addSample", {
    params: { projectId },
    query: { ...said, part, name: file.name.slice(0, 200) },
    bytes,
    contentType: mediaTypeOf(file),
    signal,
  });
}

/** A file deleted or moved since it was chosen can't be read: trying again can't help, so the error is a plain one. */
async function readFile(file: File): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch {
    throw new Error(`${file.name} could not be read; choose it again.`);
  }
}

export function isTemporary(error: unknown): boolean {
  return error instanceof ApiCallError && error.isTemporary;
}

/** `fetch` by XMLHttpRequest, which reports how much of the body has left. */
function fetchWithProgress(url: string, init: RequestInit, onShare: (share: number) => void): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(init.method ?? "GET", url);
    request.responseType = "arraybuffer";
    for (const [name, value] of Object.entries(init.headers ?? {})) request.setRequestHeader(name, String(value));
    request.upload.onprogress = (event) => event.lengthComputable && onShare(event.loaded / event.total);
    request.onload = () => {
      const headers = { "content-type": request.getResponseHeader("content-type") ?? "" };
      const body = request.status === 204 ? null : (request.response as ArrayBuffer);
      resolve(new Response(body, { status: request.status, headers }));
    };
    request.onerror = () => reject(new TypeError("The connection was cut."));
    request.onabort = () => reject(new DOMException("The upload was stopped.", "AbortError"));
    init.signal?.addEventListener("abort", () => request.abort(), { once: true });
    request.send(init.body as XMLHttpRequestBodyInit);
  });
}
