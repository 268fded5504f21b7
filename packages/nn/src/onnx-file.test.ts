import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { ModelProto, NodeProto, TensorProto, ValueInfoProto } from "onnx-buf";
import {
  FunctionProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataLocation,
  TensorProtoSchema,
  ValueInfoProtoSchema,
} from "onnx-buf";
import { NnError } from "./errors.js";
import type { Graph } from "./graph.js";
import { GraphBuilder } from "./graph-builder.js";
import { checkOnnx, readOnnx, writeOnnx } from "./onnx-file.js";
import { floatTensor, indexTensor, tensor } from "./tensor.js";

describe("a graph written and read again", () => {
  test("is the same graph, with every attribute type, metadata and symbolic sizes", () => {
    const graph: Graph = {
      name: "round trip",
      inputs: [{ name: "x", type: "float32", dims: ["N", 3, "?", 4] }],
      outputs: [
        { name: "y", type: "float32", dims: [] },
        { name: "z", type: "int64", dims: ["N"] },
      ],
      initializers: new Map([
        ["scalar", floatTensor([], [0.5])],
        ["empty", floatTensor([0, 3], [])],
        ["indices", indexTensor([3, -1])],
        ["flags", tensor("bool", [2], Uint8Array.of(1, 0))],
        ["half", tensor("float16", [1], Uint16Array.of(0x3c00))],
      ]),
      nodes: [
        {
          name: "first",
          operator: "Resize",
          inputs: ["x", "", "scalar"],
          outputs: ["y"],
          attributes: {
            int: { type: "int", value: -7 },
            ints: { type: "ints", value: [1, -2, 2 ** 40] },
            float: { type: "float", value: 0.25 },
            floats: { type: "floats", value: [0.5, -1] },
            string: { type: "string", value: "größer" },
            strings: { type: "strings", value: ["a", ""] },
            tensor: { type: "tensor", value: floatTensor([2], [1, 2]) },
          },
        },
        { name: "second", operator: "Identity", inputs: ["indices"], outputs: ["z"], attributes: {} },
      ],
      metadata: new Map([
        ["sightline", '{"labels":["good","Kratzer ✓"]}'],
        ["empty", ""],
      ]),
      opset: 18,
    };
    assert.deepEqual(readOnnx(writeOnnx(graph)), graph);
  });

  test("has the same bytes each time", () => {
    assert.deepEqual(writeOnnx(readOnnx(writeOnnx(relu()))), writeOnnx(relu()));
  });

  test("is read from a part of a larger buffer, at any alignment", () => {
    const bytes = writeOnnx(product());
    for (const offset of [0, 1, 2, 3]) {
      const larger = Buffer.alloc(bytes.length + offset);
      larger.set(bytes, offset);
      assert.deepEqual(readOnnx(larger.subarray(offset)), product());
    }
  });
});

test("constants in the typed lists of older writers are read", () => {
  const changed = altered(product(), ({ weights }) => {
    weights.rawData = new Uint8Array(0);
    weights.floatData = [1, 2, 3, 4];
  });
  assert.deepEqual(readOnnx(changed).initializers.get("weights"), floatTensor([2, 2], [1, 2, 3, 4]));
});

test("constants that old files list among the inputs are no inputs", () => {
  const changed = altered(product(), ({ input, weights }) => {
    input.push(create(ValueInfoProtoSchema, { name: weights.name }));
  });
  assert.deepEqual(
    readOnnx(changed).inputs.map(({ name }) => name),
    ["x"],
  );
});

describe("a file is refused", () => {
  const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13);
  const text = new TextEncoder();
  const refused: readonly (readonly [string, Uint8Array, NnError["code"], RegExp])[] = [
    ["when it is empty", new Uint8Array(0), "MODEL_NOT_ONNX", /not an ONNX model/],
    ["when it is a picture", png, "MODEL_NOT_ONNX", /not an ONNX model/],
    ["when it is text", text.encode('{"model": "onnx"}'), "MODEL_NOT_ONNX", /not an ONNX model/],
    ["when it is all zeros", new Uint8Array(1000), "MODEL_NOT_ONNX", /not an ONNX model/],
    ["when it ends too early", writeOnnx(product()).subarray(0, -20), "MODEL_NOT_ONNX", /damaged/],
    [
      "when its weights lie in another file",
      altered(product(), ({ weights }) => {
        weights.dataLocation = TensorProto_DataLocation.EXTERNAL;
      }),
      "MODEL_EXTERNAL_DATA",
      /keeps "weights" in another file/,
    ],
    [
      "when a path to another file is named",
      altered(product(), ({ weights }) => {
        weights.externalData.push(create(StringStringEntryProtoSchema, { key: "location", value: "../../etc/passwd" }));
      }),
      "MODEL_EXTERNAL_DATA",
      /keeps "weights" in another file/,
    ],
    [
      "for an operator that isn't standard",
      withNode({ opType: "Frobnicate" }),
      "MODEL_UNKNOWN_OPERATOR",
      /"Frobnicate"/,
    ],
    [
      "for an operator of another domain",
      withNode({ opType: "FusedConv", domain: "com.microsoft" }),
      "MODEL_UNKNOWN_OPERATOR",
      /"com.microsoft.FusedConv"/,
    ],
    ["for control flow", withNode({ opType: "Loop" }), "MODEL_UNKNOWN_OPERATOR", /without control flow/],
    [
      "for functions of its own",
      altered(relu(), ({ model }) => {
        model.functions.push(create(FunctionProtoSchema, { name: "Relu" }));
      }),
      "MODEL_UNKNOWN_OPERATOR",
      /defines its own operator "Relu"/,
    ],
    [
      "when a node reads what nobody makes",
      altered(relu(), ({ node }) => {
        node.input = ["nowhere"];
      }),
      "MODEL_NOT_ONNX",
      /reads "nowhere", made nowhere/,
    ],
    [
      "when a constant has more elements than bytes",
      altered(product(), ({ weights }) => {
        weights.dims.push(1000n);
      }),
      "MODEL_NOT_ONNX",
      /\(2, 2, 1000\) has 16 bytes/,
    ],
    [
      "when a group count would be divided by and is 0",
      withNode({ opType: "ConvTranspose", attribute: [{ name: "group", type: 2, i: 0n }] }),
      "MODEL_NOT_ONNX",
      /"group" of node "y" must be at least 1, got 0/,
    ],
  ];
  for (const [when, bytes, code, message] of refused) {
    test(when, () => assert.throws(() => checkOnnx(bytes), { name: "NnError", code, message }));
  }

  test("when it is longer than the limit, whatever is in it", () => {
    assert.throws(() => checkOnnx(new Uint8Array(3_000_000), { maxBytes: 2_000_000 }), {
      code: "MODEL_TOO_LARGE",
      message: /at most 2 MB, got 3 MB/,
    });
    assert.throws(() => checkOnnx(new Uint8Array(200_000_001)), { code: "MODEL_TOO_LARGE" });
  });
});

test("a file of graphs nested a hundred thousand deep is refused", () => {
  // Around the file so far: attribute (field 6: graph), node (field 5: attribute), graph (field 1: node).
  const size = 100_000;
  const parts: Uint8Array[] = [];
  let length = 0;
  for (let level = 0; level < size; level++) {
    for (const field of [6, 5, 1]) {
      const header = Uint8Array.of((field << 3) | 2, ...varint(length));
      parts.push(header);
      length += header.length;
    }
  }
  const model = Buffer.concat([Uint8Array.of(8, 8, (7 << 3) | 2, ...varint(length)), ...parts.reverse()]);
  assert.throws(() => readOnnx(model), { code: "MODEL_NOT_ONNX" });
});

test("any cut or changed file is read as some graph or refused with an NnError", () => {
  const seed = 20_261;
  const random = lehmer(seed);
  const bytes = writeOnnx(product());
  const judge = (changed: Uint8Array, what: string) => {
    try {
      readOnnx(changed);
    } catch (error) {
      assert.ok(error instanceof NnError && error.code.startsWith("MODEL_"), `${what}, seed ${seed}: ${error}`);
    }
  };
  for (let length = 0; length < bytes.length; length++) judge(bytes.subarray(0, length), `cut to ${length} bytes`);
  for (let at = 0; at < bytes.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const changed = bytes.with(at, (bytes[at] ?? 0) ^ (1 << bit));
      judge(changed, `bit ${bit} of byte ${at} turned`);
    }
  }
  for (let round = 0; round < 2000; round++) {
    const changed = bytes.slice();
    for (let count = 0; count < 4; count++) changed[random(changed.length)] = random(256);
    judge(changed, `round ${round}`);
  }
});

function relu(): Graph {
  const builder = new GraphBuilder();
  builder.output(builder.add("Relu", [builder.input("x", "float32", ["N", 2])], {}, "y"));
  return builder.build("relu");
}

function product(): Graph {
  const builder = new GraphBuilder();
  const weights = builder.constant(floatTensor([2, 2], [1, 2, 3, 4]), "weights");
  builder.output(builder.add("Gemm", [builder.input("x", "float32", ["N", 2]), weights], { transB: 1 }, "y"));
  return builder.build("product", new Map([["sightline", "{}"]]));
}

/** The graph's file after a change to what is in it. */
function altered(graph: Graph, change: (parts: Parts) => void): Uint8Array {
  const model = fromBinary(ModelProtoSchema, writeOnnx(graph));
  const [input, node, weights] = [model.graph?.input, model.graph?.node[0], model.graph?.initializer[0]];
  assert.ok(input && node);
  change({ model, input, node, weights: weights ?? create(TensorProtoSchema) });
  return toBinary(ModelProtoSchema, model);
}

interface Parts {
  readonly model: ModelProto;
  readonly input: ValueInfoProto[];
  readonly node: NodeProto;
  readonly weights: TensorProto;
}

function withNode(change: MessageInitShape<typeof NodeProtoSchema>): Uint8Array {
  return altered(relu(), ({ node }) => {
    const { opType, domain, attribute } = create(NodeProtoSchema, change);
    Object.assign(node, { opType, domain, attribute });
  });
}

/** A length as protobuf writes it: seven bits a byte, the lowest first. */
function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
}

/** Whole numbers below a limit, the same ones for a seed (Park and Miller's generator). */
function lehmer(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}
