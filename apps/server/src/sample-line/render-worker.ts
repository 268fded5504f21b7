/** Worker thread of the sample line: renders and encodes castings, so that the service's own thread never waits for a picture to be drawn. */
import { parentPort, workerData } from "node:worker_threads";
import { encodeJpeg } from "@sightline/dataset/image-file";
import { castingCamera } from "@sightline/simulator/casting";

/** What the thread is started with. */
export interface RenderRequest {
  readonly seed: number;
  /** Share of defective castings; default: that of the camera. */
  readonly defectRate?: number;
}

/** What it answers to each message, in order. */
export interface RenderedCasting {
  readonly jpeg: Uint8Array;
  /** The kind of the defect, `null` for a good casting. */
  readonly defect: string | null;
}

const JPEG_QUALITY = 92;

if (parentPort === null) throw new Error("render-worker.js runs as a worker thread only.");
const port = parentPort;
const camera = castingCamera(workerData as RenderRequest);

port.on("message", async () => {
  const { image, defect } = camera.next();
  const rendered: RenderedCasting = { jpeg: await encodeJpeg(image, JPEG_QUALITY), defect: defect?.kind ?? null };
  port.postMessage(rendered);
});
