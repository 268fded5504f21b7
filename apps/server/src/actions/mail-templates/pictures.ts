/** An inspection's picture as a mail shows it: small enough to send, boxes drawn in, and once more under its heat map. */
import { decodeImage, encodeJpeg, encodeOverlay, encodeThumbnail } from "@sightline/dataset/image-file";
import { drawBoxes } from "@sightline/vision/drawing";
import type { MailContext, MailPicture } from "./mail-template.js";

/** On the longer side: sharp on a phone, and some 100 kB. */
const longestPixels = 800;

/** Nothing of an inspection that was deleted; never a reason to hold the mail back. */
export async function picturesOf(inspectionId: string, { store, blobs }: MailContext): Promise<MailPicture[]> {
  const [inspection, stored] = await Promise.all([
    store.read.inspections.get(inspectionId),
    store.read.inspections.pictures(inspectionId),
  ]);
  if (inspection === undefined || stored === undefined) return [];
  const small = await encodeThumbnail(await blobs.read(stored.image.sha256), longestPixels, 82);
  const picture = await decodeImage(small);
  const shown: MailPicture[] = [{ title: "Picture", fileName: "picture.jpg", bytes: small }];
  if (inspection.detections.length > 0) {
    const scale = picture.width / inspection.imageWidth;
    const labels = [...new Set(inspection.detections.map(({ label }) => label))].sort();
    const boxes = inspection.detections.map(({ label, score, x1, y1, x2, y2 }) => ({
      x1: x1 * scale,
      y1: y1 * scale,
      x2: x2 * scale,
      y2: y2 * scale,
      text: `${label} ${score.toFixed(2)}`,
      classIndex: labels.indexOf(label),
    }));
    shown[0] = { title: "Picture", fileName: "picture.jpg", bytes: await encodeJpeg(drawBoxes(picture, boxes), 85) };
  }
  if (stored.heatMapSha256 !== null) {
    const bytes = await encodeOverlay(picture, await blobs.read(stored.heatMapSha256), 82);
    const title = inspection.isAnomalous ? "Where the anomaly is" : "Where it looks least normal";
    shown.push({ title, fileName: "heat-map.jpg", bytes });
  }
  return shown;
}
