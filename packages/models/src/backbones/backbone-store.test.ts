/** Adding, listing and removing backbones, and training from one: with a small network drawn here, for no test has a network. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { deflateRawSync } from "node:zlib";
import type { Graph } from "@sightline/nn/graph";
import { GraphBuilder } from "@sightline/nn/graph-builder";
import { readOnnx, writeOnnx } from "@sightline/nn/onnx-file";
import { randomStream } from "@sightline/nn/random";
import { floatTensor, indexTensor } from "@sightline/nn/tensor";
import { readBackbone, sha256 } from "../backbone.js";
import { pixelScales } from "../backbone-description.js";
import { partsWithHoles } from "../drawn-pictures.js";
import { readManifest } from "../model-file.js";
import { train } from "../train.js";
import { addBackbone, findBackbone, listBackbones, removeBackbone } from "./backbone-store.js";
import { knownBackbones } from "./known-backbones.js";
import { readZip } from "./zip-archive.js";

describe("an ONNX file of a convolutional network", () => {
  test("is added with its scale and licence, found by name, listed and taken away", async (t) => {
    const { dataFolder, file } = await place(t, classifier());
    const label = { licence: "MIT", copyright: "Somebody 2020", pixels: pixelScales.imagenet };
    const added = await addBackbone({ dataFolder, source: file, label, now: () => new Date(0) });
    assert.deepEqual(
      [added.name, added.licence, added.sourceSha256, added.addedAt],
      ["my-net", "MIT", sha256(await readFile(file)), "1970-01-01T00:00:00.000Z"],
    );
    assert.deepEqual(
      added.stages.map(({ stride, narrow, wide }) => [stride, narrow.channels, wide.channels]),
      [
        [4, 8, 8],
        [8, 12, 12],
        [16, 16, 16],
        [32, 20, 20],
      ],
    );
    await rm(file);
    assert.equal(await findBackbone(dataFolder, "my-net"), added.file);
    assert.deepEqual(await listBackbones(dataFolder), [added]);
    const { name, pixels, sha256: digest, graph } = readBackbone({ file: added.file });
    assert.deepEqual([name, pixels, digest], ["my-net", pixelScales.imagenet, added.sha256]);
    assert.ok(!graph.nodes.some(({ operator }) => operator === "BatchNormalization" || operator === "Gemm"));
    await removeBackbone(dataFolder, "my-net");
    assert.deepEqual(await listBackbones(dataFolder), []);
    await assert.rejects(findBackbone(dataFolder, "my-net"), { code: "BACKBONE_MISSING" });
    assert.deepEqual(await readdir(join(dataFolder, "backbone")), []);
  });

  test("computes the same however it was exported: fixed size, older operator set, norms folded or not", async (t) => {
    const { dataFolder, file } = await place(t, { ...classifier([1, 3, 64, 64]), opset: 13 });
    const fixed = await addBackbone({ dataFolder, source: file, name: "fixed" });
    await writeFile(file, writeOnnx(classifier()));
    const free = await addBackbone({ dataFolder, source: file, name: "free" });
    const weightsOf = async (path: string) =>
      [...readOnnx(await readFile(path)).initializers.values()].map(({ data }) => Array.from(data, Number));
    assert.deepEqual(await weightsOf(fixed.file), await weightsOf(free.file));
  });

  test("is trained from, and the model says whose weights it holds", async (t) => {
    const { dataFolder, file } = await place(t, classifier());
    const { file: backboneFile } = await addBackbone({ dataFolder, source: file, label: { licence: "MIT" } });
    const { pictures, close } = await partsWithHoles(10, 6);
    t.after(close);
    for (const method of ["patchcore", "classifier"] as const) {
      const { bytes, manifest } = await train({ pictures, method, seed: 1, threads: 1, backboneFile });
      assert.equal(manifest.backbone?.name, "my-net");
      assert.equal(readManifest(bytes).backbone?.licence, "MIT");
    }
    const settings = { seed: 1, threads: 1, epochs: 1, backboneFile };
    const { manifest } = await train({ pictures, method: "tiny", ...settings, methodOptions: { size: "48" } });
    assert.equal(manifest.backbone, undefined, "a network from scratch holds nobody's");
  });

  test("is refused where methods can't take features from it, with the reason", async (t) => {
    const cases: readonly [Graph, RegExp][] = [
      [classifier(["N", 64, 64, 3]), /channels first/],
      [classifier(["N", 3, "h", "w"], 3), /no feature maps of stride 16, 32 \(found: 4, 8\)/],
      [{ ...classifier(), opset: 9 }, /operator set 9/],
    ];
    for (const [graph, message] of cases) {
      const { dataFolder, file } = await place(t, graph);
      await assert.rejects(addBackbone({ dataFolder, source: file }), { code: "BACKBONE_UNSUITABLE", message });
      assert.ok(!existsSync(join(dataFolder, "backbone")), "nothing is left behind");
    }
  });

  test("can't take a name that is another's, nor lead out of the folder", async (t) => {
    const { dataFolder, file } = await place(t, classifier());
    for (const name of ["mobilenet-v2", "efficientnet-lite0", "../outside", "UPPER", ""])
      await assert.rejects(addBackbone({ dataFolder, source: file, name }), { code: "BACKBONE_SOURCE_INVALID" }, name);
    await assert.rejects(findBackbone(dataFolder, "../my-net"), { code: "BACKBONE_MISSING" });
  });

  test("that was changed after it was added is refused by its digest", async (t) => {
    const { dataFolder, file } = await place(t, classifier());
    const added = await addBackbone({ dataFolder, source: file });
    await writeFile(added.file, writeOnnx(classifier()));
    await assert.rejects(findBackbone(dataFolder, "my-net"), {
      code: "BACKBONE_UNSUITABLE",
      message: new RegExp(`must have SHA-256 ${added.sha256}, got .*Add it again`),
    });
  });
});

describe("a backbone that is known by name", () => {
  const [known] = knownBackbones;

  test("has its source, licence and digests stated", () => {
    for (const { name, licence, copyright, source, download } of knownBackbones) {
      assert.ok(licence && copyright && source, name);
      assert.match(`${download.sha256}${download.memberSha256}`, /^[0-9a-f]{128}$/);
      assert.match(download.url, /^https:\/\//);
    }
  });

  test("is refused when other bytes come than those that were pinned, and nothing is added", async (t) => {
    const { dataFolder } = await place(t, classifier());
    const answers = [new Uint8Array(1000), new Uint8Array((known?.download.bytes ?? 0) + 1)];
    for (const body of answers)
      await assert.rejects(
        addBackbone({ dataFolder, source: known?.name ?? "", fetch: async () => new Response(body) }),
        { code: "BACKBONE_SOURCE_INVALID", message: /must have SHA-256 .* Nothing was added/ },
      );
    assert.deepEqual(await listBackbones(dataFolder), []);
  });

  test("says what to do where there is no network, and stops when it is told to", async (t) => {
    const { dataFolder } = await place(t, classifier());
    const order = { dataFolder, source: known?.name ?? "" };
    const offline = async () => {
      throw new TypeError("fetch failed", { cause: new Error("getaddrinfo ENOTFOUND") });
    };
    await assert.rejects(addBackbone({ ...order, fetch: offline }), {
      code: "BACKBONE_DOWNLOAD_FAILED",
      message: /ENOTFOUND.*fetch the file on another machine and name it/,
    });
    await assert.rejects(addBackbone({ ...order, fetch: async () => new Response(null, { status: 503 }) }), {
      code: "BACKBONE_DOWNLOAD_FAILED",
      message: /503/,
    });
    await assert.rejects(addBackbone({ ...order, fetch: offline, signal: AbortSignal.abort() }), {
      code: "TRAINING_CANCELLED",
    });
  });

  test("that isn't here is told with how to add it; an unknown one with those that there are", async (t) => {
    const { dataFolder } = await place(t, classifier());
    await assert.rejects(findBackbone(dataFolder, "efficientnet-lite1"), {
      code: "BACKBONE_MISSING",
      message: /"sightline backbone add efficientnet-lite1"/,
    });
    await assert.rejects(findBackbone(dataFolder, "resnet"), {
      message: /no file "resnet".*mobilenet-v2.*efficientnet-lite0/,
    });
    assert.equal(await findBackbone(dataFolder, "mobilenet-v2"), null);
  });

  test("as a package or weights with other content is refused by its digest", async (t) => {
    const { dataFolder } = await place(t, classifier());
    const file = join(dataFolder, "other.pth");
    await writeFile(file, "no weights");
    await assert.rejects(addBackbone({ dataFolder, source: file }), {
      code: "BACKBONE_SOURCE_INVALID",
      message: /none of the known files of weights: efficientnet_lite0/,
    });
  });
});

describe("a ZIP archive", () => {
  const content = Buffer.from("weights ".repeat(50));

  test("gives its members stored or deflated", () => {
    for (const method of [0, 8] as const) {
      const [member] = readZip(zipOf(content, method), "It");
      assert.deepEqual([member?.name, member?.size], ["one", content.length]);
      assert.deepEqual(Buffer.from(member?.read() ?? []), content);
    }
  });

  test("with a member that unpacks to more than it says, or to something else, is refused", () => {
    for (const [size, checksum] of [
      [10, undefined],
      [content.length, 1],
    ])
      assert.throws(() => readZip(zipOf(content, 8, size, checksum), "It")[0]?.read(), {
        code: "BACKBONE_SOURCE_INVALID",
        message: /"one" is damaged/,
      });
  });
});

/** A data folder and a file "My Net.onnx" in it. */
async function place(t: TestContext, graph: Graph): Promise<{ dataFolder: string; file: string }> {
  const dataFolder = await mkdtemp(join(tmpdir(), "sightline-backbones-"));
  t.after(() => rm(dataFolder, { recursive: true, force: true }));
  const file = join(dataFolder, "My Net.onnx");
  await writeFile(file, writeOnnx(graph));
  return { dataFolder, file };
}

/** Convolutions that halve the map, each with its batch norm, and a classifier's head behind: as exporters write them. */
function classifier(dims: readonly (number | string)[] = ["N", 3, "h", "w"], halvings = 5): Graph {
  const random = randomStream(1, "classifier");
  const numbers = (count: number, scale: number, offset = 0) =>
    Float32Array.from({ length: count }, () => offset + scale * (2 * random() - 1));
  const builder = new GraphBuilder();
  let value = builder.input("pixels", "float32", dims);
  let before = Number(typeof dims[1] === "number" ? dims[1] : 3);
  for (let i = 0; i < halvings; i++) {
    const channels = 4 * (i + 1);
    const weights = floatTensor([channels, before, 3, 3], numbers(9 * channels * before, 1 / Math.sqrt(before)));
    value = builder.add("Conv", [value, weights], { strides: [2, 2], pads: [1, 1, 1, 1] }, `conv${i}`);
    const norm = [numbers(channels, 0.2, 1), numbers(channels, 0.2), numbers(channels, 0.1), numbers(channels, 0.2, 1)];
    value = builder.add("BatchNormalization", [value, ...norm.map((part) => floatTensor([channels], part))]);
    value = builder.add("Relu", [value], {}, `map${i}`);
    before = channels;
  }
  const pooled = builder.add("Reshape", [builder.add("GlobalAveragePool", [value]), indexTensor([-1, before])]);
  const head = floatTensor([before, 10], numbers(10 * before, 1));
  builder.output(builder.add("Gemm", [pooled, head], {}, "logits"));
  return builder.build("classifier");
}

/** One member "one", by hand: nothing here writes archives. */
function zipOf(content: Buffer, method: 0 | 8, size = content.length, checksum = crcOf(content)): Uint8Array {
  const packed = method === 0 ? content : deflateRawSync(content);
  const local = Buffer.alloc(33);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(3, 26);
  local.write("one", 30);
  const member = Buffer.alloc(49);
  member.writeUInt32LE(0x02014b50, 0);
  member.writeUInt16LE(method, 10);
  member.writeUInt32LE(checksum, 16);
  member.writeUInt32LE(packed.length, 20);
  member.writeUInt32LE(size, 24);
  member.writeUInt16LE(3, 28);
  member.write("one", 46);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(member.length, 12);
  end.writeUInt32LE(local.length + packed.length, 16);
  return new Uint8Array(Buffer.concat([local, packed, member, end]));
}

/** CRC-32 (IEEE 802.3), bit by bit. */
function crcOf(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
