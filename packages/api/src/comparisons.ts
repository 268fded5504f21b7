/** What travels about comparing two versions on the pictures kept for the test. */
import { z } from "zod";
import { Metrics } from "./models.js";
import { ApiError, Id, Time, Unit } from "./words.js";

/** One picture of a comparison on which the versions differ, or both are wrong. */
export const ComparedPicture = z.object({
  sampleId: Id,
  name: z.string(),
  truth: z.string().describe("What a person said"),
  base: z.object({ answer: z.string(), isRight: z.boolean(), score: Unit.nullable(), confidence: Unit }),
  candidate: z.object({ answer: z.string(), isRight: z.boolean(), score: Unit.nullable(), confidence: Unit }),
});
export type ComparedPicture = z.infer<typeof ComparedPicture>;

export const ComparisonSide = z.object({
  threshold: Unit.describe("In force for the running version, else the version's own"),
  metrics: Metrics,
  msPerImage: z.object({ p50: z.number(), p95: z.number() }),
});
export type ComparisonSide = z.infer<typeof ComparisonSide>;

export const ComparisonResult = z.object({
  images: z.int().describe("Pictures that both were measured on"),
  base: ComparisonSide,
  candidate: ComparisonSide,
  bothRight: z.int(),
  bothWrong: z.int(),
  onlyBaseRight: z.int(),
  onlyCandidateRight: z.int(),
  chance: Unit.describe(
    "How likely so uneven a split of the pictures that one alone gets right would be, were both equally good (McNemar's exact test)",
  ),
  pictures: z.array(ComparedPicture).describe("Those not answered alike and right, at most 500, differing ones first"),
  skipped: z.array(z.object({ name: z.string(), reason: z.string() })),
});
export type ComparisonResult = z.infer<typeof ComparisonResult>;

export const Comparison = z.object({
  id: Id,
  projectId: Id,
  base: z.object({ modelId: Id, version: z.int() }).describe("Usually the running version"),
  candidate: z.object({ modelId: Id, version: z.int() }),
  status: z.enum(["queued", "running", "succeeded", "failed", "cancelled"]),
  progress: Unit,
  step: z.string(),
  createdAt: Time,
  createdBy: z.string(),
  endedAt: Time.nullable(),
  result: ComparisonResult.nullable(),
  error: ApiError.nullable(),
});
export type Comparison = z.infer<typeof Comparison>;
