/** Teachers: models whose answers a student learns from; several of them answer with their mean. */
import type { Task } from "@sightline/dataset/dataset";
import type { Graph } from "@sightline/nn/graph";
import { writeOnnx } from "@sightline/nn/onnx-file";
import { type GraphSession, openGraphSession } from "@sightline/nn/session/session";
import { floatTensor } from "@sightline/nn/tensor";
import { withAnswers } from "../answer-head.js";
import { sha256 } from "../backbone.js";
import type { ModelInput, TeacherSummary } from "../manifest.js";
import { ModelError } from "../model-error.js";
import { readModel } from "../model-file.js";
import { modelValues } from "../model-values.js";

export interface Teacher {
  readonly summary: TeacherSummary;
  readonly input: ModelInput;
  /**
   * Probabilities `[rows, labels]` in the order of the student's labels.
   *
   * @param pictures `[rows, 3, height, width]`, 0–255
   */
  answers(pictures: Float32Array, rows: number): Promise<Float32Array>;
  dispose(): Promise<void>;
}

interface TeacherOrder {
  readonly task: Task;
  readonly labels: readonly string[];
  readonly threads: number;
}

/**
 * The model files as teachers.
 *
 * @throws ModelError `TEACHER_UNSUITABLE` for one of another task or with other labels; what `readModel` throws
 */
export async function openTeachers(files: readonly Uint8Array[], order: TeacherOrder): Promise<Teacher[]> {
  // Read and checked all before any takes memory.
  const read = files.map((bytes, i) => readTeacher(bytes, `Teacher ${i + 1}`, order));
  return Promise.all(read.map((teacher) => openTeacher(teacher, order)));
}

/** A network that was just trained by a method, before its answers are calibrated. */
export async function teacherOf(
  graph: Graph,
  { input, method }: { readonly input: ModelInput; readonly method: string },
  order: TeacherOrder,
): Promise<Teacher> {
  const answering = withAnswers(graph, order.task, { threshold: 0, temperature: 1 });
  const summary = { method, sha256: sha256(writeOnnx(graph)) };
  return openTeacher({ graph: answering, input, places: order.labels.map((_, k) => k), summary }, order);
}

interface ReadTeacher {
  readonly graph: Graph;
  readonly input: ModelInput;
  /** Where the student's labels stand among its own. */
  readonly places: readonly number[];
  readonly summary: TeacherSummary;
}

function readTeacher(bytes: Uint8Array, name: string, { task, labels }: TeacherOrder): ReadTeacher {
  const { graph, manifest } = readModel(bytes);
  if (manifest.task !== task)
    throw new ModelError(
      "TEACHER_UNSUITABLE",
      `${name} (${manifest.method}) was trained for ${manifest.task}, these pictures are for ${task}. Name a model of the same task.`,
    );
  const places = labels.map((label) => manifest.labels.indexOf(label));
  const missing = labels.filter((_, k) => places[k] === -1);
  if (missing.length > 0 || manifest.labels.length !== labels.length)
    throw new ModelError(
      "TEACHER_UNSUITABLE",
      `${name} (${manifest.method}) knows the labels ${manifest.labels.join(", ")}, these pictures have ${labels.join(", ")}. Name a model of the same labels.`,
    );
  return { graph, input: manifest.input, places, summary: { method: manifest.method, sha256: sha256(bytes) } };
}

async function openTeacher(
  { graph, input, places, summary }: ReadTeacher,
  { task, threads }: TeacherOrder,
): Promise<Teacher> {
  const output = task === "anomaly" ? modelValues.score : modelValues.probabilities;
  const wanted = graph.outputs.filter(({ name }) => name === output);
  const session: GraphSession = await openGraphSession({ ...graph, outputs: wanted }, { threads });
  const { width, height } = input;
  return {
    input,
    summary,
    async answers(pictures, rows) {
      const image = floatTensor([rows, 3, height, width], pictures);
      const { [output]: answer } = await session.run({ [modelValues.image]: image });
      const values = answer?.data as Float32Array;
      if (task === "anomaly") return Float32Array.from({ length: 2 * rows }, (_, i) => bothOf(values[i >> 1] ?? 0, i));
      return Float32Array.from({ length: rows * places.length }, (_, i) => {
        const row = Math.floor(i / places.length);
        return values[row * places.length + (places[i % places.length] as number)] ?? 0;
      });
    },
    dispose: () => session.dispose(),
  };
}

/** An anomaly model gives the probability of the second of two labels. */
function bothOf(score: number, place: number): number {
  return place % 2 === 1 ? score : 1 - score;
}
