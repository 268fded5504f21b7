import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { GraphBuilder } from "./graph-builder.js";
import { writeOnnx } from "./onnx-file.js";
import { withInputSize } from "./padding.js";
import { openSession } from "./session/session.js";
import { assertClose } from "./session/session-contract.js";
import { floatTensor } from "./tensor.js";
import { samePadding } from "./window.js";

// tensorflow.org, tf.nn "Notes on padding": total = max((ceil(n / s) - 1) * s + k - n, 0), the odd one at the end.
describe("padding that keeps ceil(size / stride) places", () => {
  for (const [size, kernel, stride, dilation, expected] of [
    [224, 3, 2, 1, [0, 1]],
    [300, 3, 2, 1, [0, 1]],
    [75, 3, 2, 1, [1, 1]],
    [224, 3, 1, 1, [1, 1]],
    [7, 1, 2, 1, [0, 0]],
    [10, 2, 1, 1, [0, 1]],
    [10, 3, 1, 2, [2, 2]],
  ] as const) {
    test(`of ${size} pixels, kernel ${kernel}, stride ${stride}, dilation ${dilation} is ${expected.join(" and ")}`, () => {
      assert.deepEqual(samePadding(size, kernel, stride, dilation), expected);
    });
  }
});

describe("a graph whose padding depends on the picture's size", () => {
  const weights = (channels: number) =>
    floatTensor(
      [4, channels, 3, 3],
      Float32Array.from({ length: 36 * channels }, (_, index) => Math.sin(index)),
    );
  const window = { kernel_shape: [3, 3], strides: [2, 2], auto_pad: "SAME_UPPER" } as const;
  const builder = new GraphBuilder();
  builder.input("image", "float32", ["N", 3, "height", "width"]);
  builder.add("Conv", ["image", weights(3)], window, "first");
  builder.output(builder.add("Conv", ["first", weights(4)], window, "second"));
  const graph = builder.build("padded");

  for (const [height, width] of [
    [32, 32],
    [30, 33],
    [15, 64],
  ] as const) {
    test(`computes the same with explicit padding at ${height} x ${width}`, async () => {
      const settled = withInputSize(graph, ["N", 3, height, width]);
      assert.ok(settled.nodes.every(({ attributes }) => !("auto_pad" in attributes) && "pads" in attributes));
      assert.deepEqual(settled.outputs[0]?.dims, ["N", 4, Math.ceil(height / 4), Math.ceil(width / 4)]);
      const image = floatTensor(
        [2, 3, height, width],
        Float32Array.from({ length: 6 * height * width }, (_, index) => Math.cos(index)),
      );
      const [original, explicit] = [await run(writeOnnx(graph), image), await run(writeOnnx(settled), image)];
      assert.ok(original);
      assertClose(explicit, original);
    });
  }

  test("says that its size is needed when it isn't known", () => {
    assert.throws(() => withInputSize(graph, ["N", 3, "height", 32]), {
      code: "GRAPH_INVALID",
      message: /"first" \(Conv\): its padding depends on the picture's size, which isn't known/,
    });
  });
});

async function run(bytes: Uint8Array, image: ReturnType<typeof floatTensor>) {
  const session = await openSession(bytes, { threads: 1 });
  const { second } = await session.run({ image });
  await session.dispose();
  return second;
}
