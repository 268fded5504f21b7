/** Products of matrices. */

import type { Operator } from "../operator.js";
import { elementCount } from "../tensor.js";
import { broadcastOffsets, floats, outputDims, places, sizes } from "./elements.js";
import { gemmShape, matMulShape } from "./shape-rules.js";

export const products = {
  Gemm: {
    attributes: { alpha: "float", beta: "float", transA: "int", transB: "int" },
    inputs: [2, 3],
    infer: gemmShape,
    run: (call, outputs) => {
      const [rows = 0, columns = 0] = outputDims(outputs);
      const [a, b] = [floats(call, 0), floats(call, 1)];
      const [turnA, turnB] = [call.int("transA", 0) === 1, call.int("transB", 0) === 1];
      const inner = sizes(call, 0)[turnA ? 0 : 1] ?? 0;
      const bias = call.inputs[2] ? { data: floats(call, 2), at: broadcastOffsets(call, 2, [rows, columns]) } : null;
      const result = new Float64Array(rows * columns);
      for (const [index, [row = 0, column = 0]] of places([rows, columns])) {
        let sum = 0;
        for (let k = 0; k < inner; k++) {
          sum +=
            (a[turnA ? k * rows + row : row * inner + k] ?? 0) *
            (b[turnB ? column * inner + k : k * columns + column] ?? 0);
        }
        const added = bias ? (bias.data[bias.at[index] ?? 0] ?? 0) : 0;
        result[index] = call.float("alpha", 1) * sum + call.float("beta", 1) * added;
      }
      return [result];
    },
    /** With A' and B' as turned by transA and transB: dA' = dY · B'ᵀ, dB' = A'ᵀ · dY, turned back. */
    gradient: ({ tape, call, a, b, dy }) => {
      const alpha = call.float("alpha", 1);
      const [transA, transB] = [call.int("transA", 0), call.int("transB", 0)];
      const da =
        transA === 0
          ? tape.emit("Gemm", [dy, b], { alpha, transB: 1 - transB })
          : tape.emit("Gemm", [b, dy], { alpha, transA: transB, transB: 1 });
      const db =
        transB === 0
          ? tape.emit("Gemm", [a, dy], { alpha, transA: 1 - transA })
          : tape.emit("Gemm", [dy, a], { alpha, transA: 1, transB: transA });
      return [da, db, tape.times(dy, call.float("beta", 1))];
    },
  },
  MatMul: {
    attributes: {},
    inputs: [2, 2],
    infer: matMulShape,
    run: (call, outputs) => {
      const [aDims, bDims] = [sizes(call, 0), sizes(call, 1)];
      const left = aDims.length === 1 ? [1, ...aDims] : aDims;
      const right = bDims.length === 1 ? [...bDims, 1] : bDims;
      const [rows = 0, inner = 0] = left.slice(-2);
      const columns = right.at(-1) ?? 0;
      const batch = outputDims(outputs).slice(0, Math.max(left.length, right.length) - 2);
      const matrixA = broadcastOffsets(left.slice(0, -2), batch);
      const matrixB = broadcastOffsets(right.slice(0, -2), batch);
      const [a, b] = [floats(call, 0), floats(call, 1)];
      const result = new Float64Array(elementCount(batch) * rows * columns);
      for (const [index, [matrix = 0, row = 0, column = 0]] of places([elementCount(batch), rows, columns])) {
        const [startA, startB] = [(matrixA[matrix] ?? 0) * rows * inner, (matrixB[matrix] ?? 0) * inner * columns];
        let sum = 0;
        for (let k = 0; k < inner; k++)
          sum += (a[startA + row * inner + k] ?? 0) * (b[startB + k * columns + column] ?? 0);
        result[index] = sum;
      }
      return [result];
    },
    /** A vector becomes a matrix of one row (left) or one column (right) for as long as the products take. */
    gradient: ({ tape, call, a, b, dy }) => {
      const [aDims, bDims] = [call.sizes(0), call.sizes(1)];
      const left = tape.reshape(a, aDims.length === 1 ? [1, ...aDims] : aDims);
      const right = tape.reshape(b, bDims.length === 1 ? [...bDims, 1] : bDims);
      const [rows = 1, columns = 1] = [tape.sizes(left).at(-2), tape.sizes(right).at(-1)];
      const batch = tape.sizes(dy).slice(0, Math.max(aDims.length, bDims.length, 2) - 2);
      const matrices = tape.reshape(dy, [...batch, rows, columns]);
      const da = tape.fit(tape.matMul(matrices, tape.turned(right)), tape.sizes(left));
      const db = tape.fit(tape.matMul(tape.turned(left), matrices), tape.sizes(right));
      return [tape.reshape(da, aDims), tape.reshape(db, bDims)];
    },
  },
} as const satisfies Record<string, Operator>;
