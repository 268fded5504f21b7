import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import type { Graph } from "@sightline/nn/graph";
import { GraphBuilder } from "@sightline/nn/graph-builder";
import { writeOnnx } from "@sightline/nn/onnx-file";
import { openReferenceSession } from "@sightline/nn/session/reference";
import { openSession } from "@sightline/nn/session/session";
import { floatTensor } from "@sightline/nn/tensor";
import {
  backboneFile,
  backboneGraph,
  buildBackbone,
  builtBackboneFile,
  keptBackbone,
  readBackbone,
} from "./backbone.js";
import { allTaps, type Backbone, describeBackbone } from "./backbone-description.js";
import { checkFingerprint } from "./backbone-fingerprint.js";
import { tapKinds } from "./backbone-taps.js";

const folder = mkdtempSync(join(tmpdir(), "sightline-backbone-"));
after(() => rmSync(folder, { recursive: true, force: true }));

describe("the pretrained backbone", () => {
  test("computes what TensorFlow Lite computes with the original file", () => checkFingerprint(readBackbone()));

  test("is found out when two channels of a late convolution are swapped", async () => {
    const backbone = readBackbone();
    const { graph } = backbone;
    const name = "block12/project/weights";
    const weights = graph.initializers.get(name);
    assert.ok(weights?.data instanceof Float32Array);
    const rowLength = weights.data.length / (weights.dims[0] ?? 1);
    const swapped = weights.data.slice();
    swapped.set(weights.data.subarray(0, rowLength), rowLength);
    swapped.set(weights.data.subarray(rowLength, 2 * rowLength), 0);
    const initializers = new Map(graph.initializers).set(name, floatTensor(weights.dims, swapped));
    await assert.rejects(checkFingerprint({ ...backbone, graph: { ...graph, initializers } }), {
      code: "BACKBONE_UNSUITABLE",
      message: /tap "block12" must give .* got/,
    });
  });

  test("has the taps that every released model was made with", () => {
    const { stages } = readBackbone();
    assert.deepEqual(
      stages.map((stage) => [stage.stride, ...tapKinds.map((kind) => `${stage[kind].name} ${stage[kind].channels}`)]),
      [
        [4, "block1 24", "block2 24", "block2 24", "block3Expand 144"],
        [8, "block3 32", "block5 32", "block5 32", "block6Expand 192"],
        [16, "block6 64", "block9 64", "block12 96", "block13Expand 576"],
        [32, "block13 160", "block15 160", "block16 320", "last 1280"],
      ],
    );
  });

  test("has taps of the channels and strides that it promises, for any picture size", () => {
    const taps = allTaps(readBackbone());
    const [width, height] = [250, 180];
    const graph = backboneGraph({ width, height, taps: taps.map(({ name }) => name) });
    assert.deepEqual(
      graph.outputs.map(({ name, dims }) => [name, ...dims]),
      taps.map(({ name, channels, stride }) => [
        name,
        "N",
        channels,
        Math.ceil(height / stride),
        Math.ceil(width / stride),
      ]),
    );
  });

  test("gives the same on ONNX Runtime and on the reference, in a size that needs padding on both sides", async () => {
    const graph = backboneGraph({ width: 40, height: 28, taps: ["block5", "block13Expand", "last"] });
    const data = Float32Array.from({ length: 3 * 40 * 28 }, (_, index) => Math.sin(index * index));
    const image = floatTensor([1, 3, 28, 40], data);
    const session = await openSession(writeOnnx(graph), { threads: 1 });
    const [fast, plain] = [await session.run({ image }), await openReferenceSession(graph).run({ image })];
    await session.dispose();
    for (const { name } of graph.outputs) {
      const [got, expected] = [fast[name]?.data ?? [], plain[name]?.data ?? []];
      assert.ok(got.length > 0 && got.length === expected.length);
      let worst = 0;
      for (const [index, value] of got.entries())
        worst = Math.max(worst, Math.abs(Number(value) - Number(expected[index])));
      assert.ok(worst < 1e-3, `${name} differs by up to ${worst}`);
    }
  });

  test("has only the nodes that the taps need", () => {
    const early = backboneGraph({ width: 224, height: 224, taps: ["block5"] });
    const whole = backboneGraph({ width: 224, height: 224, taps: ["last"] });
    assert.ok(early.nodes.length < whole.nodes.length / 2);
    assert.ok(![...early.initializers.keys()].some((name) => name.startsWith("block6")));
  });
});

describe("the backbone's file", () => {
  test("is the one named by the caller before the one named by the environment", () => {
    const [named, other] = [join(folder, "named.onnx"), join(folder, "other.onnx")];
    for (const file of [named, other]) writeFileSync(file, "");
    withEnvironment(other, () => {
      assert.equal(backboneFile({ file: named }), named);
      assert.equal(backboneFile(), other);
    });
  });

  test("that is named and missing is an error with a remedy", () => {
    assert.throws(() => backboneFile({ file: join(folder, "no.onnx") }), {
      code: "BACKBONE_MISSING",
      message: /no\.onnx", which doesn't exist/,
    });
    withEnvironment(join(folder, "no.onnx"), () => {
      assert.throws(() => backboneFile(), { code: "BACKBONE_MISSING", message: /SIGHTLINE_BACKBONE names/ });
    });
  });

  test("is copied whole into a data folder, and a damaged copy is replaced", () => {
    const dataFolder = join(folder, "data");
    const copied = join(dataFolder, "backbone", "mobilenet_v2.onnx");
    withEnvironment("", () => {
      assert.equal(keptBackbone(dataFolder), copied);
      assert.deepEqual(readFileSync(copied), readFileSync(builtBackboneFile()));
      writeFileSync(copied, "damaged");
      assert.equal(keptBackbone(dataFolder), copied);
      assert.deepEqual(readFileSync(copied), readFileSync(builtBackboneFile()));
    });
  });

  test("is not copied where the user named another one, or where no folder can be made", () => {
    const occupied = join(folder, "occupied");
    writeFileSync(occupied, "");
    withEnvironment("", () => assert.equal(keptBackbone(occupied), null));
    withEnvironment(join(folder, "named.onnx"), () => assert.equal(keptBackbone(join(folder, "unused")), null));
    assert.ok(!existsSync(join(folder, "unused")));
  });

  test("that was damaged is refused by its digest", () => {
    const damaged = join(folder, "backbone", "mobilenet_v2.onnx");
    mkdirSync(join(folder, "backbone"), { recursive: true });
    const bytes = readFileSync(backboneFile());
    bytes[5_000_000] = (bytes[5_000_000] ?? 0) ^ 1;
    writeFileSync(damaged, bytes);
    assert.throws(() => readBackbone({ file: damaged }), { code: "BACKBONE_UNSUITABLE", message: /damaged/ });
  });
});

describe("a backbone of the user's own", () => {
  test("serves under its own taps, with its picture called image", async () => {
    const graph = buildBackbone(foreign(["N", 3, "h", "w"]), { width: 8, height: 6, taps: ["features"] });
    assert.deepEqual(graph.inputs, [{ name: "image", type: "float32", dims: ["N", 3, 6, 8] }]);
    const { features } = await openReferenceSession(graph).run({
      image: floatTensor([1, 3, 6, 8], new Float32Array(144).fill(2)),
    });
    assert.equal(features?.data[0], 2);
  });

  test("is refused when a weight is no number, naming it", () => {
    const graph = foreignGraph(["N", 3, "h", "w"]);
    const file = join(folder, "broken.onnx");
    const initializers = new Map([...graph.initializers, ["scale", floatTensor([2], [1, Number.NaN])]]);
    const nodes = [
      ...graph.nodes,
      { name: "scaled", operator: "Mul", inputs: ["features", "scale"], outputs: ["scaled"], attributes: {} },
    ];
    const outputs = [...graph.outputs, { name: "scaled", type: "float32" as const, dims: ["N", 3, "h", "w"] }];
    writeFileSync(file, writeOnnx({ ...graph, initializers, nodes, outputs }));
    assert.throws(() => readBackbone({ file }), {
      code: "BACKBONE_UNSUITABLE",
      message: /broken\.onnx holds NaN in "scale"/,
    });
  });

  test("is refused when it has no such tap, naming those it has", () => {
    assert.throws(() => buildBackbone(foreign(["N", 3, "h", "w"]), { width: 8, height: 6, taps: ["block5"] }), {
      code: "BACKBONE_UNSUITABLE",
      message: /has no tap "block5", only features/,
    });
  });

  test("is refused when it was exported for another size or batch", () => {
    for (const dims of [
      ["N", 3, 224, 224],
      [1, 3, "h", "w"],
      ["N", 1, "h", "w"],
    ]) {
      assert.throws(() => buildBackbone(foreign(dims), { width: 8, height: 6, taps: ["features"] }), {
        code: "BACKBONE_UNSUITABLE",
        message: /is exported for \(.*wanted \(N, 3, 6, 8\)/,
      });
    }
  });

  test("is refused when it takes no picture", () => {
    assert.throws(() => buildBackbone(foreign(["N", 10]), { width: 8, height: 6, taps: ["features"] }), {
      code: "BACKBONE_UNSUITABLE",
      message: /takes float32 \(N, 10\)/,
    });
  });
});

function foreign(dims: readonly (string | number)[]): Backbone {
  return describeBackbone(foreignGraph(dims), "");
}

function foreignGraph(dims: readonly (string | number)[]): Graph {
  const builder = new GraphBuilder();
  builder.output(builder.add("Relu", [builder.input("pixels", "float32", dims)], {}, "features"));
  return builder.build("foreign");
}

function withEnvironment(value: string, work: () => void): void {
  const before = process.env.SIGHTLINE_BACKBONE;
  process.env.SIGHTLINE_BACKBONE = value;
  try {
    work();
  } finally {
    if (before === undefined) delete process.env.SIGHTLINE_BACKBONE;
    else process.env.SIGHTLINE_BACKBONE = before;
  }
}
