import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { pruned } from "./graph.js";
import { GraphBuilder } from "./graph-builder.js";
import { openReferenceSession } from "./session/reference.js";
import { floatTensor, indexTensor } from "./tensor.js";

/** A builder with one picture `x` of float32 (N, 4, 6, 6). */
function withPicture(): GraphBuilder {
  const builder = new GraphBuilder();
  builder.input("x", "float32", ["N", 4, 6, 6]);
  return builder;
}

describe("shapes follow from the operators while the batch stays a name", () => {
  const shapes: readonly (readonly [string, (builder: GraphBuilder) => string, readonly (string | number)[]])[] = [
    [
      "a strided convolution",
      (b) =>
        b.add("Conv", ["x", floatTensor([8, 4, 3, 3], new Float32Array(288))], { strides: [2, 2], pads: [0, 0, 1, 1] }),
      ["N", 8, 3, 3],
    ],
    ["a global pool", (b) => b.add("GlobalAveragePool", ["x"]), ["N", 4, 1, 1]],
    ["a flattened picture", (b) => b.add("Flatten", ["x"], { axis: 1 }), ["N", 144]],
    ["a reshape that copies the batch", (b) => b.add("Reshape", ["x", indexTensor([0, 4, -1])]), ["N", 4, 36]],
    ["a reshape that works the batch out", (b) => b.add("Reshape", ["x", indexTensor([-1, 144])]), ["N", 144]],
    ["a reshape that mixes the batch with others", (b) => b.add("Reshape", ["x", indexTensor([-1, 4])]), ["?", 4]],
    ["a transpose", (b) => b.add("Transpose", ["x"], { perm: [0, 2, 3, 1] }), ["N", 6, 6, 4]],
    ["a mean over places", (b) => b.add("ReduceMean", ["x", indexTensor([2, 3])], { keepdims: 0 }), ["N", 4]],
    [
      "a sum of pictures and channels",
      (b) => b.add("Add", ["x", floatTensor([4, 1, 1], [1, 2, 3, 4])]),
      ["N", 4, 6, 6],
    ],
    ["a concatenation", (b) => b.add("Concat", ["x", "x"], { axis: 1 }), ["N", 8, 6, 6]],
    ["a resize by scale", (b) => b.add("Resize", ["x", "", floatTensor([4], [1, 1, 2, 0.5])]), ["N", 4, 12, 3]],
    ["a slice", (b) => b.add("Slice", ["x", indexTensor([1]), indexTensor([3]), indexTensor([1])]), ["N", 2, 6, 6]],
  ];
  for (const [what, add, dims] of shapes) {
    test(what, () => {
      const builder = withPicture();
      assert.deepEqual(builder.dims(add(builder)), dims);
    });
  }
});

describe("a step that can't be right is refused where it is written", () => {
  const wrong: readonly (readonly [string, (builder: GraphBuilder) => unknown, RegExp])[] = [
    [
      "weights for another number of channels",
      (b) => b.add("Conv", ["x", floatTensor([8, 3, 1, 1], new Float32Array(24))], {}, "mix"),
      /"mix" \(Conv\): weights \(8, 3, 1, 1\) in 1 groups don't fit input \(N, 4, 6, 6\)/,
    ],
    ["a value that doesn't exist", (b) => b.add("Relu", ["y"]), /reads "y", which is made nowhere/],
    ["a name used before", (b) => b.add("Relu", ["x"], {}, "x"), /has a value "x" already/],
    [
      "shapes that don't broadcast",
      (b) => b.add("Add", ["x", floatTensor([5], new Float32Array(5))]),
      /\(N, 4, 6, 6\) and \(5\) don't fit together/,
    ],
    ["too many elements in a reshape", (b) => b.add("Reshape", ["x", indexTensor([0, 7, -1])]), /can't be split by/],
    [
      "matrices that don't fit",
      (b) => b.add("MatMul", ["x", floatTensor([5, 2], new Float32Array(10))]),
      /\(N, 4, 6, 6\) and \(5, 2\) can't be multiplied/,
    ],
    [
      "an axis outside the shape",
      (b) => b.add("Concat", ["x"], { axis: 4 }),
      /axis 4 is outside a shape of 4 dimensions/,
    ],
    ["inputs of two types", (b) => b.add("Add", ["x", indexTensor([1])]), /one element type, got float32 and int64/],
    ["a window larger than the picture", (b) => b.add("MaxPool", ["x"], { kernel_shape: [7, 7] }), /larger than 6 x 6/],
    ["too few inputs", (b) => b.add("Gemm", ["x"]), /expected 2 to 3 inputs, got 1/],
    [
      "more of the largest than there are",
      (b) => b.addAll("TopK", ["x", indexTensor([9])], { axis: 1 }, ["v", "i"]),
      /can't take 9 of 4 elements/,
    ],
  ];
  for (const [what, add, message] of wrong) {
    test(what, () => assert.throws(() => add(withPicture()), { name: "NnError", code: "GRAPH_INVALID", message }));
  }

  test("a graph without outputs", () => {
    assert.throws(() => withPicture().build("none"), { code: "GRAPH_INVALID", message: /no output/ });
  });
});

test("a pruned graph keeps only what its outputs need, and computes the same", async () => {
  const builder = withPicture();
  builder.add("Conv", ["x", builder.constant(floatTensor([1, 4, 1, 1], [1, 2, 3, 4]), "used")], {}, "first");
  builder.output(builder.add("Relu", ["first"], {}, "kept"));
  builder.output(builder.add("Mul", ["first", builder.constant(floatTensor([], [2]), "unused")], {}, "dropped"));
  const whole = builder.build("whole");
  const part = pruned(
    whole,
    whole.outputs.filter(({ name }) => name === "kept"),
  );
  assert.deepEqual(
    part.nodes.map(({ name }) => name),
    ["first", "kept"],
  );
  assert.deepEqual([...part.initializers.keys()], ["used"]);
  const x = floatTensor(
    [1, 4, 6, 6],
    Float32Array.from({ length: 144 }, (_, index) => index - 70),
  );
  const [all, kept] = [await openReferenceSession(whole).run({ x }), await openReferenceSession(part).run({ x })];
  assert.deepEqual(kept, { kept: all.kept });
});

test("what no output needs is not built", () => {
  const builder = withPicture();
  builder.add("Mul", ["x", builder.constant(floatTensor([], [2]), "unused")], {}, "dropped");
  builder.output(builder.add("Relu", ["x"], {}, "kept"));
  const { nodes, initializers } = builder.build("lean");
  assert.deepEqual([nodes.map(({ name }) => name), [...initializers.keys()]], [["kept"], []]);
});

test("a graph is continued from its values, under outputs of its own", async () => {
  const base = withPicture();
  base.output(base.add("Relu", ["x"], {}, "features"));
  const builder = GraphBuilder.from(base.build("base"));
  builder.output(builder.add("ReduceMax", ["features"], { keepdims: 0 }), "score");
  const graph = builder.build("head");
  assert.deepEqual(graph.outputs, [{ name: "score", type: "float32", dims: [] }]);
  const { score } = await openReferenceSession(graph).run({
    x: floatTensor([1, 4, 6, 6], new Float32Array(144).fill(3)),
  });
  assert.deepEqual(score?.data, Float32Array.of(3));
});
