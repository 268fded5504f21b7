import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "@sightline/dataset/seeded-random";
import type { Graph } from "@sightline/nn/graph";
import { GraphBuilder } from "@sightline/nn/graph-builder";
import { normal, randomStream } from "@sightline/nn/random";
import { openGraphSession } from "@sightline/nn/session/session";
import { floatTensor } from "@sightline/nn/tensor";
import type { Image } from "@sightline/vision/image";
import { milledPart } from "../drawn-pictures.js";
import { writePlanes } from "../pictures.js";
import { studentValues } from "./definition.js";
import { measureStrangeness } from "./strangeness.js";
import { taughtChannels } from "./teacher.js";
import { withVerdict } from "./verdict.js";

const size = 64;
const options = { size, threads: 1, signal: undefined };

/**
 * Stands for the trained networks: two mixtures of the colours at each place, the second a hundred times as large. The blind
 * one sees nothing.
 */
function differences(blind?: string): Graph {
  const builder = new GraphBuilder();
  const image = builder.input("image", "float32", ["N", 3, size, size]);
  const small = builder.add("AveragePool", [image], { kernel_shape: [16, 16], strides: [16, 16] });
  const centred = builder.add("Sub", [small, floatTensor([], [140])]);
  for (const [name, factor] of [
    [studentValues.unlearnt, 0.01],
    [studentValues.uncoded, 1],
  ] as const) {
    const random = randomStream(1, name);
    const mixture = Float32Array.from({ length: taughtChannels * 3 }, () => factor * normal(random));
    const seen = name === blind ? builder.add("Mul", [centred, floatTensor([], [0])]) : centred;
    builder.add("Conv", [seen, floatTensor([taughtChannels, 3, 1, 1], mixture)], {}, name);
    builder.output(name);
  }
  return builder.build("differences");
}

function parts(count: number, seed: number): Image[] {
  return Array.from({ length: count }, (_, i) => {
    const { width, height, data } = milledPart(seededRandom(seed).branch(`${i}`), size);
    return { width, height, data };
  });
}

/** With a dark square in one place. */
function withBlot(image: Image): Image {
  for (let y = 32; y < 48; y++) image.data.fill(20, (y * size + 16) * 3, (y * size + 32) * 3);
  return image;
}

async function answers(graph: Graph, images: readonly Image[]) {
  const session = await openGraphSession(graph, { threads: 1 });
  const planes = new Float32Array(3 * size * size);
  try {
    const rows: { verdict: number; map: number[] }[] = [];
    for (const image of images) {
      writePlanes(image, planes, 0);
      const { logits, anomaly_map: map } = await session.run({ image: floatTensor([1, 3, size, size], planes) });
      const [good = 0, bad = 0] = Array.from(logits?.data as Float32Array);
      rows.push({ verdict: bad - good, map: Array.from(map?.data as Float32Array) });
    }
    return rows;
  } finally {
    await session.dispose();
  }
}

test("on the scale of held-out good pictures the threshold is zero and the median picture far below it", async () => {
  const normals = parts(15, 1);
  const judged = normals.map((image) => ({ image, isDefect: false }));
  const { strangeness, verdicts: told } = await measureStrangeness(differences(), parts(15, 3), judged, options);
  const rows = await answers(withVerdict(differences(), strangeness), normals);
  // What was measured is what the file says.
  for (const [i, { verdict }] of rows.entries()) assert.ok(Math.abs(verdict - (told[i] as number)) < 1e-3);
  const verdicts = rows.map(({ verdict }) => verdict).sort((a, b) => a - b);
  // A temperature of a third of the way from the median to the threshold: log-odds of −3.
  assert.ok(Math.abs((verdicts[7] as number) + 3) < 1e-2, `${verdicts[7]}`);
  assert.ok(verdicts.filter((verdict) => verdict > 0).length <= 1);
});

test("a strange place is found in the map, and the autoencoder takes part where it alone sees something", async () => {
  const judged = parts(15, 1).map((image) => ({ image, isDefect: false }));
  const defects = parts(5, 4).map((image) => ({ image: withBlot(image), isDefect: true }));
  for (const blind of [studentValues.uncoded, studentValues.unlearnt]) {
    const { strangeness } = await measureStrangeness(
      differences(blind),
      parts(15, 3),
      [...judged, ...defects],
      options,
    );
    assert.equal(strangeness.coderShare, blind === studentValues.uncoded ? 0 : 0.5);
    const graph = withVerdict(differences(blind), strangeness);
    assert.equal(
      graph.nodes.some(({ outputs }) => outputs.includes(studentValues.uncoded)),
      strangeness.coderShare > 0,
    );
    const [answer] = await answers(graph, parts(1, 2).map(withBlot));
    assert.ok(answer && answer.verdict > 0);
    assert.equal(answer.map.indexOf(Math.max(...answer.map)), 2 * 4 + 1);
  }
});
