/** What a model does and how it learns. */
import { z } from "zod";

export const Task = z
  .enum(["anomaly", "classification", "multilabel", "detection"])
  .describe("classification: one label a picture; multilabel: any number of labels; detection: boxes with labels");
export type Task = z.infer<typeof Task>;

/** How a model learns; `auto` is a wish, never what a model says of itself. */
export const Method = z.enum([
  "patchcore",
  "classifier",
  "finetune",
  "tiny",
  "distilled",
  "pruned",
  "detector",
  "synthetic",
  "student",
]);
export type Method = z.infer<typeof Method>;

export const MethodChoice = z.enum(["auto", ...Method.options]);
export type MethodChoice = z.infer<typeof MethodChoice>;
