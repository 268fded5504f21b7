import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NnError } from "./errors.js";
import { floatTensor, tensor } from "./tensor.js";
import { fromHalf, readTflite } from "./tflite-file.js";

/**
 * A network of four operators, written by TensorFlow Lite's own schema code (ai-edge-litert 2.3.0,
 * schema_py_generated, packed with flatbuffers 25.12): half-float weights widened by DEQUANTIZE, CONV_2D (valid, RELU6),
 * DEPTHWISE_CONV_2D (same, stride 2, dilation 3 high and 2 wide, no bias) and ADD (RELU).
 */
const tiny = Buffer.from(
  [
    "CAAAAFRGTDM2////FAAAAKwAAAC0AAAAzAMAAAMAAAAEAAAAlAAAAHwAAABcAAAABAAAAJb///8EAAAASAAAAAAAAADNzMw9zcxMPpqZmT7NzM",
    "w+AAAAP5qZGT8zMzM/zcxMP2ZmZj8AAIA/zcyMP5qZmT9mZqY/MzOzPwAAwD/NzMw/mpnZP+r///8EAAAACAAAAAAAAD8AAIC/AAAGAAgABAAG",
    "AAAABAAAAAgAAAAAPAC4ADQAQLD8//8EAAAAdGlueQAAAAABAAAAFAAAAAAADgAYABQAEAAMAAgABAAOAAAAFAAAABwAAABcAQAAYAEAAGQBAA",
    "AEAAAAbWFpbgAAAAAEAAAAJAEAAMQAAABUAAAABAAAAML///8cAAAAAAAACxwAAAAgAAAAAwAAAAAABgAIAAcABgAAAAAAAAEBAAAABwAAAAIA",
    "AAAGAAAABgAAAAAADgAaABQAEAAMAAsABAAOAAAAKAAAAAAAAAI4AAAAPAAAAAIAAAAAABIAGAAAABQAEAAMAAAACAAEABIAAAADAAAAAgAAAA",
    "EAAAACAAAAAgAAAAEAAAAGAAAAAwAAAAQAAAAFAAAA/////wAADgAYABQAEAAMAAsABAAOAAAAIAAAAAAAAAEsAAAAMAAAAAEAAAAMABQAEwAM",
    "AAgABwAMAAAAAAAAAwEAAAABAAAAAAAAAQEAAAAEAAAAAwAAAAAAAAACAAAAAwAAAAAACgAMAAAACAAEAAoAAAAIAAAADAAAAAEAAAACAAAAAQ",
    "AAAAEAAAABAAAABwAAAAEAAAAAAAAACAAAAGABAAAgAQAA6AAAAMQAAACMAAAAXAAAADAAAAAEAAAAzP7//wgAAAAMAAAAAQAAAHkAAAAEAAAA",
    "AQAAAAIAAAACAAAAAgAAAPT+//8IAAAADAAAAAEAAABkAAAABAAAAAEAAAACAAAAAgAAAAIAAACs////DAAAAAMAAAAMAAAAAgAAAGR3AAAEAA",
    "AAAQAAAAMAAAADAAAAAgAAAEj///8IAAAADAAAAAEAAABjAAAABAAAAAEAAAADAAAAAwAAAAIAAAAMABAADAAAAAgABAAMAAAADAAAAAIAAAAM",
    "AAAAAQAAAGIAAAABAAAAAgAAAJz///8IAAAADAAAAAEAAAB3AAAABAAAAAIAAAABAAAAAQAAAAIAAAAMABQAEAAPAAgABAAMAAAAEAAAAAEAAA",
    "AAAAABDAAAAAMAAAB3MTYABAAAAAIAAAABAAAAAQAAAAIAAAAMAAwACAAAAAAABAAMAAAACAAAAAwAAAABAAAAeAAAAAQAAAABAAAAAwAAAAMA",
    "AAACAAAABQAAAEwAAAAwAAAAIAAAABgAAAAEAAAA1P///xkAAAAAAAAZBAAEAAQAAADo////BAAAAAAAAAT0////AwAAAAAAAAMMAAwACwAAAA",
    "AABAAMAAAABgAAAAAAAAY=",
  ].join(""),
  "base64",
);

test("tensors, constants and operators are read with their options", () => {
  const model = readTflite(tiny);
  assert.deepEqual(
    model.tensors.map(({ name, dims }) => `${name} ${dims.join("x")}`),
    ["x 1x3x3x2", "w16 2x1x1x2", "w 2x1x1x2", "b 2", "c 1x3x3x2", "dw 1x3x3x2", "d 1x2x2x2", "y 1x2x2x2"],
  );
  assert.deepEqual(
    model.tensors[1]?.constant,
    tensor("float16", [2, 1, 1, 2], Uint16Array.of(0x3c00, 0xb800, 0x3400, 0x4000)),
  );
  assert.deepEqual(model.tensors[3]?.constant, floatTensor([2], [0.5, -1]));
  assert.equal(model.tensors[0]?.constant, null);
  assert.deepEqual([model.inputs, model.outputs], [[0], [7]]);
  assert.deepEqual(model.operators, [
    { operator: "DEQUANTIZE", inputs: [1], outputs: [2] },
    {
      operator: "CONV_2D",
      inputs: [0, 2, 3],
      outputs: [4],
      padding: "valid",
      strides: [1, 1],
      dilations: [1, 1],
      activation: "relu6",
    },
    {
      operator: "DEPTHWISE_CONV_2D",
      inputs: [4, 5, -1],
      outputs: [6],
      padding: "same",
      strides: [2, 2],
      dilations: [3, 2],
      activation: "none",
    },
    { operator: "ADD", inputs: [6, 6], outputs: [7], activation: "relu" },
  ]);
});

test("a file that lies at an odd place of a larger buffer is read the same", () => {
  const larger = Buffer.concat([Buffer.from("odd"), tiny]);
  assert.deepEqual(readTflite(larger.subarray(3)), readTflite(tiny));
});

describe("half floats", () => {
  // IEEE 754: one, minus two, the smallest and the largest subnormal, the largest, infinity.
  for (const [bits, value] of [
    [0x3c00, 1],
    [0xc000, -2],
    [0x0001, 2 ** -24],
    [0x03ff, 1023 * 2 ** -24],
    [0x7bff, 65_504],
    [0xfc00, Number.NEGATIVE_INFINITY],
    [0x8000, -0],
  ] as const) {
    test(`0x${bits.toString(16)} is ${value}`, () => assert.equal(fromHalf(bits), value));
  }
  test("0x7e00 is not a number", () => assert.ok(Number.isNaN(fromHalf(0x7e00))));
});

test("other files are refused", () => {
  for (const bytes of [new Uint8Array(0), Buffer.from("not a model"), new Uint8Array(100)]) {
    assert.throws(() => readTflite(bytes), { code: "MODEL_NOT_TFLITE", message: /Expected a TensorFlow Lite file/ });
  }
});

test("any cut or changed file is read as some model or refused with an NnError", () => {
  const judge = (bytes: Uint8Array, what: string) => {
    try {
      readTflite(bytes);
    } catch (error) {
      assert.ok(error instanceof NnError && error.code === "MODEL_NOT_TFLITE", `${what}: ${error}`);
    }
  };
  for (let length = 0; length < tiny.length; length++) judge(tiny.subarray(0, length), `cut to ${length} bytes`);
  for (let at = 0; at < tiny.length; at++) {
    for (const value of [0, 0x7f, 0x80, 0xff]) {
      const changed = Uint8Array.from(tiny);
      changed[at] = value;
      judge(changed, `byte ${at} set to ${value}`);
    }
  }
});
