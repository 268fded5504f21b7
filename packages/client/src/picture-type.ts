/** A picture's media type. */

/** Told by the first bytes, not by a file's name. What is neither is sent as JPEG and refused by the server with its reason. */
export function contentTypeOf(bytes: Uint8Array): "image/jpeg" | "image/png" {
  return bytes[0] === 0x89 && bytes[1] === 0x50 && bytes[2] === 0x4e && bytes[3] === 0x47 ? "image/png" : "image/jpeg";
}
