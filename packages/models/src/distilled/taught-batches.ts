/**
 * Batches with what the teachers say of them. The same altered pictures come back after a number of epochs, so that the
 * teachers, which are slow, are asked once for each: what a student learns is the teachers' function, on many views (Beyer
 * et al. 2022), at any number of epochs.
 */
import { type Batch, batchFeeds, type Loader, type LoaderSample, openLoader } from "@sightline/dataset/loader";
import { type FloatTensor, floatTensor } from "@sightline/nn/tensor";
import type { BatchSource } from "@sightline/nn/training/batch-source";
import type { Recipe } from "@sightline/vision/augment/recipe";
import type { Teacher } from "./teacher.js";

export interface TaughtOptions {
  readonly samples: readonly LoaderSample[];
  /** Side of the student's input. */
  readonly size: number;
  readonly batchSize: number;
  readonly seed: number;
  /** Without noise, which would move all that is drawn after it: teacher and student see the same, each at its own size. */
  readonly recipe: Recipe;
  /** Pictures are kept this much larger than the input. */
  readonly detail: number;
  /** Epochs after which the same views come again. */
  readonly views: number;
  readonly teachers: readonly Teacher[];
}

/** Feeds `image`, `targets` and, where there are teachers, `taught` `[N, labels]`, their mean probabilities. */
export function taughtBatches(options: TaughtOptions): BatchSource & { close(): Promise<void> } {
  const { samples, batchSize, seed, recipe, detail, views, teachers, size } = options;
  const shape = { samples, batchSize, seed, recipe, detail };
  const loader = openLoader({ ...shape, width: size, height: size });
  const lessons = lessonsBySize(teachers).map(
    ({ input: { width, height, fit = "stretch" }, members }): Lesson => ({
      // What sees pictures of the student's size sees the very same.
      loader:
        width === size && height === size && fit === "stretch" ? null : openLoader({ ...shape, width, height, fit }),
      members,
    }),
  );
  const known = new Map<string, Promise<Float32Array>>();
  const taught = (epoch: number, index: number, batch: Batch): Promise<Float32Array> => {
    const place = `${epoch}/${index}`;
    const asked = known.get(place) ?? meanAnswers(lessons, teachers.length, { epoch, index, batch });
    known.set(place, asked);
    return asked;
  };
  return {
    samples: loader.samples,
    batches: loader.batches,
    async batch(epoch, index) {
      const view = epoch % views;
      const batch = await loader.batch(view, index);
      const feeds = batchFeeds(batch);
      if (teachers.length === 0) return feeds;
      const answers = await taught(view, index, batch);
      const { dims } = feeds.targets;
      return { ...feeds, taught: floatTensor(dims, answers) satisfies FloatTensor };
    },
    async close() {
      await Promise.all([loader.close(), ...lessons.map((lesson) => lesson.loader?.close())]);
    },
  };
}

/** Teachers that see pictures of one size. */
interface Lesson {
  /** `null`: they see the student's own batch. */
  readonly loader: Loader | null;
  readonly members: readonly Teacher[];
}

function lessonsBySize(teachers: readonly Teacher[]) {
  const groups = new Map<string, { input: Teacher["input"]; members: Teacher[] }>();
  for (const teacher of teachers) {
    const { width, height, fit = "stretch" } = teacher.input;
    const key = `${width} ${height} ${fit}`;
    const group = groups.get(key) ?? { input: teacher.input, members: [] };
    group.members.push(teacher);
    groups.set(key, group);
  }
  return [...groups.values()];
}

async function meanAnswers(
  lessons: readonly Lesson[],
  count: number,
  { epoch, index, batch }: { readonly epoch: number; readonly index: number; readonly batch: Batch },
): Promise<Float32Array> {
  const sum: number[] = [];
  for (const { loader, members } of lessons) {
    const { pictures, rows } = loader === null ? batch : await loader.batch(epoch, index);
    for (const teacher of members) {
      for (const [i, value] of (await teacher.answers(pictures, rows)).entries()) sum[i] = (sum[i] ?? 0) + value;
    }
  }
  return Float32Array.from(sum, (value) => value / count);
}
