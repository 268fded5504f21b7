/** Words that everything on the wire is made of: times, ids, names, labels, shares, pages, errors. */
import { z } from "zod";

/** Every time on the wire is UTC, ISO 8601, milliseconds, `Z`. */
export const Time = z.iso.datetime({ precision: 3 }).describe("UTC, ISO 8601 with milliseconds");

/** Ids made by the server are ULIDs: sortable by creation. */
export const Id = z
  .string()
  .regex(/^[0-9A-HJKMNP-TV-Z]{26}$/, "an id: 26 digits and capital letters, such as 01KEAV2C1D3SNJ6Y8F0QZ4RTWB")
  .describe("ULID");

/** Camera, line and image ids come from the plant: what people already print on labels. */
export const PlantId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/, "1 to 128 letters, digits and . _ : -, the first a letter or digit")
  .describe("1 to 128 of A–Z a–z 0–9 . _ : -");

export const ProjectName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,254}$/, "1 to 255 letters, digits, _ and -, the first a letter or digit")
  .describe("1 to 255 of A–Z a–z 0–9 _ -");

/** Labels name classes; `normal` is the good class of an anomaly project. */
export const Label = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[^\p{Cc}/\\]+$/u, "a text without /, \\ and control characters");

export const Unit = z.number().min(0).max(1);

export const Cursor = z.string().max(200);

export const Limit = z.coerce.number().int().min(1).max(200).default(50);

export const ApiError = z.object({
  code: z.string().describe("Stable code; see docs/reference/errors.md"),
  message: z.string().describe("What happened, to which thing, what to do"),
  details: z.record(z.string(), z.unknown()).optional(),
});
export type ApiError = z.infer<typeof ApiError>;
