/** Small pictures for lists: at most 160 pixels on the longer side. */
import { decodeImage, encodeJpeg } from "@sightline/dataset/image-file";
import { resize } from "@sightline/vision/resize";

export const thumbnailPixels = 160;

/** A JPEG of the picture, never larger than the picture itself. */
export async function makeThumbnail(bytes: Uint8Array, size: { width: number; height: number }): Promise<Uint8Array> {
  const scale = Math.min(1, thumbnailPixels / Math.max(size.width, size.height));
  const width = Math.max(1, Math.round(size.width * scale));
  const height = Math.max(1, Math.round(size.height * scale));
  const image = await decodeImage(bytes, { minWidth: width, minHeight: height });
  const isSmall = image.width === width && image.height === height;
  return encodeJpeg(isSmall ? image : resize(image, width, height), 75);
}
