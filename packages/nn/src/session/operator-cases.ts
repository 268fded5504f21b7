/**
 * What each operator must compute: the cases of the session contract.
 *
 * The inputs were chosen by hand or drawn once; the outputs were computed by ONNX's own reference evaluator (the Python
 * package onnx 1.23.2, onnx.reference, operator set 18), those of Atan, Erf, ConvTranspose and Split by a Python program
 * from ONNX's definitions, so that neither of our two sessions judges itself.
 */

import type { Attribute } from "../graph.js";
import type { OperatorName } from "../operators.js";
import type { Tensor } from "../tensor.js";
import { elementArray, tensor } from "../tensor.js";

export interface OperatorCase {
  readonly title: string;
  readonly operator: OperatorName;
  /** `null`: an optional input left out. */
  readonly inputs: readonly (Tensor | null)[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly outputs: readonly Tensor[];
}

const float = (dims: readonly number[], values: readonly number[]) =>
  tensor("float32", dims, Float32Array.from(values));
const whole = (dims: readonly number[], values: readonly number[]) =>
  tensor("int64", dims, elementArray("int64", values));
const bool = (dims: readonly number[], values: readonly number[]) => tensor("bool", dims, Uint8Array.from(values));

export const operatorCases: readonly OperatorCase[] = [
  {
    title: "Abs works on each element",
    operator: "Abs",
    inputs: [float([2, 3], [0.5, 1.59, 1.1, -1.1, -0.8, 1.49])],
    attributes: {},
    outputs: [float([2, 3], [0.5, 1.59, 1.1, 1.1, 0.8, 1.49])],
  },
  {
    title: "Ceil works on each element",
    operator: "Ceil",
    inputs: [float([2, 3], [0.5, 1.59, 1.1, -1.1, -0.8, 1.49])],
    attributes: {},
    outputs: [float([2, 3], [1, 2, 2, -1, 0, 2])],
  },
  {
    title: "Exp works on each element",
    operator: "Exp",
    inputs: [float([2, 3], [0.5, 1.59, 1.1, -1.1, -0.8, 1.49])],
    attributes: {},
    outputs: [float([2, 3], [1.64872, 4.90375, 3.00417, 0.332871, 0.449329, 4.4371])],
  },
  {
    title: "Floor works on each element",
    operator: "Floor",
    inputs: [float([2, 3], [0.5, 1.59, 1.1, -1.1, -0.8, 1.49])],
    attributes: {},
    outputs: [float([2, 3], [0, 1, 1, -2, -1, 1])],
  },
  {
    title: "HardSwish works on each element",
    operator: "HardSwish",
    inputs: [float([2, 3], [0.5, 1.59, 1.1, -1.1, -0.8, 1.49])],
    attributes: {},
    outputs: [float([2, 3], [0.291667, 1.21635, 0.751667, -0.348333, -0.293333, 1.11502])],
  },
  {
    title: "Identity works on each element",
    operator: "Identity",
    inputs: [float([2, 3], [0.5, 1.59, 1.1, -1.1, -0.8, 1.49])],
    attributes: {},
    outputs: [float([2, 3], [0.5, 1.59, 1.1, -1.1, -0.8, 1.49])],
  },
  {
    title: "Neg works on each element",
    operator: "Neg",
    inputs: [float([2, 3], [0.5, 1.59, 1.1, -1.1, -0.8, 1.49])],
    attributes: {},
    outputs: [float([2, 3], [-0.5, -1.59, -1.1, 1.1, 0.8, -1.49])],
  },
  {
    title: "Reciprocal works on each element",
    operator: "Reciprocal",
    inputs: [float([2, 3], [0.5, 1.59, 1.1, -1.1, -0.8, 1.49])],
    attributes: {},
    outputs: [float([2, 3], [2, 0.628931, 0.909091, -0.909091, -1.25, 0.671141])],
  },
  {
    title: "Relu works on each element",
    operator: "Relu",
    inputs: [float([2, 3], [0.5, 1.59, 1.1, -1.1, -0.8, 1.49])],
    attributes: {},
    outputs: [float([2, 3], [0.5, 1.59, 1.1, 0, 0, 1.49])],
  },
  {
    title: "Sigmoid works on each element",
    operator: "Sigmoid",
    inputs: [float([2, 3], [0.5, 1.59, 1.1, -1.1, -0.8, 1.49])],
    attributes: {},
    outputs: [float([2, 3], [0.622459, 0.830616, 0.75026, 0.24974, 0.310026, 0.816078])],
  },
  {
    title: "Tanh works on each element",
    operator: "Tanh",
    inputs: [float([2, 3], [0.5, 1.59, 1.1, -1.1, -0.8, 1.49])],
    attributes: {},
    outputs: [float([2, 3], [0.462117, 0.920149, 0.800499, -0.800499, -0.664037, 0.903325])],
  },
  {
    title: "Log works on each element",
    operator: "Log",
    inputs: [float([2, 3], [1.09, 1.84, 2.07, 2.26, 3.98, 3.19])],
    attributes: {},
    outputs: [float([2, 3], [0.0861777, 0.609766, 0.727549, 0.815365, 1.38128, 1.16002])],
  },
  {
    title: "Sqrt works on each element",
    operator: "Sqrt",
    inputs: [float([2, 3], [2.53, 3.96, 0.94, 0.72, 2.49, 0.27])],
    attributes: {},
    outputs: [float([2, 3], [1.5906, 1.98997, 0.969536, 0.848528, 1.57797, 0.519615])],
  },
  {
    title: "HardSigmoid has slope and offset",
    operator: "HardSigmoid",
    inputs: [float([5], [-4, -1, 0, 1.5, 6])],
    attributes: { alpha: { type: "float", value: 0.25 }, beta: { type: "float", value: 0.4 } },
    outputs: [float([5], [0, 0.15, 0.4, 0.775, 1])],
  },
  {
    title: "LeakyRelu keeps a share of the negative",
    operator: "LeakyRelu",
    inputs: [float([3], [-4, 0, 2])],
    attributes: { alpha: { type: "float", value: 0.1 } },
    outputs: [float([3], [-0.4, 0, 2])],
  },
  {
    title: "Add takes equal shapes",
    operator: "Add",
    inputs: [
      float([2, 3], [0.5, 1.59, 1.1, -1.1, -0.8, 1.49]),
      float([2, 3], [-1.98, 1.28, 1.19, -0.13, -0.79, -0.89]),
    ],
    attributes: {},
    outputs: [float([2, 3], [-1.48, 2.87, 2.29, -1.23, -1.59, 0.6])],
  },
  {
    title: "Add broadcasts a row and a column",
    operator: "Add",
    inputs: [float([1, 3], [-1.86, 0.06, -0.14]), float([2, 1], [1.67, 0.52])],
    attributes: {},
    outputs: [float([2, 3], [-0.19, 1.73, 1.53, -1.34, 0.58, 0.38])],
  },
  {
    title: "Sub takes equal shapes",
    operator: "Sub",
    inputs: [
      float([2, 3], [0.5, 1.59, 1.1, -1.1, -0.8, 1.49]),
      float([2, 3], [-1.98, 1.28, 1.19, -0.13, -0.79, -0.89]),
    ],
    attributes: {},
    outputs: [float([2, 3], [2.48, 0.31, -0.09, -0.97, -0.00999999, 2.38])],
  },
  {
    title: "Sub broadcasts a row and a column",
    operator: "Sub",
    inputs: [float([1, 3], [0.06, -0.01, -1.01]), float([2, 1], [-1.95, -1.23])],
    attributes: {},
    outputs: [float([2, 3], [2.01, 1.94, 0.94, 1.29, 1.22, 0.22])],
  },
  {
    title: "Mul takes equal shapes",
    operator: "Mul",
    inputs: [
      float([2, 3], [0.5, 1.59, 1.1, -1.1, -0.8, 1.49]),
      float([2, 3], [-1.98, 1.28, 1.19, -0.13, -0.79, -0.89]),
    ],
    attributes: {},
    outputs: [float([2, 3], [-0.99, 2.0352, 1.309, 0.143, 0.632, -1.3261])],
  },
  {
    title: "Mul broadcasts a row and a column",
    operator: "Mul",
    inputs: [float([1, 3], [0.77, -1.2, -0.52]), float([2, 1], [-1.99, 1.32])],
    attributes: {},
    outputs: [float([2, 3], [-1.5323, 2.388, 1.0348, 1.0164, -1.584, -0.6864])],
  },
  {
    title: "Div takes equal shapes",
    operator: "Div",
    inputs: [
      float([2, 3], [0.5, 1.59, 1.1, -1.1, -0.8, 1.49]),
      float([2, 3], [-1.98, 1.28, 1.19, -0.13, -0.79, -0.89]),
    ],
    attributes: {},
    outputs: [float([2, 3], [-0.252525, 1.24219, 0.92437, 8.46154, 1.01266, -1.67416])],
  },
  {
    title: "Div broadcasts a row and a column",
    operator: "Div",
    inputs: [float([1, 3], [-1.38, -0.93, 1.52]), float([2, 1], [0.04, 1.39])],
    attributes: {},
    outputs: [float([2, 3], [-34.5, -23.25, 38, -0.992806, -0.669065, 1.09353])],
  },
  {
    title: "Add broadcasts over missing leading axes",
    operator: "Add",
    inputs: [
      float([2, 2, 3], [0.56, 0.97, -1.63, 0.16, 0.03, 1.49, -0.55, 0.39, -1.76, -0.45, -0.71, -1.4]),
      float([3], [1.27, -0.48, 1.91]),
    ],
    attributes: {},
    outputs: [float([2, 2, 3], [1.83, 0.49, 0.28, 1.43, -0.45, 3.4, 0.72, -0.09, 0.15, 0.82, -1.19, 0.51])],
  },
  {
    title: "Pow takes a scalar exponent",
    operator: "Pow",
    inputs: [float([4], [1.22, 1.25, 1.31, 1.39]), float([], [2])],
    attributes: {},
    outputs: [float([4], [1.4884, 1.5625, 1.7161, 1.9321])],
  },
  {
    title: "Greater gives booleans",
    operator: "Greater",
    inputs: [float([4], [1, 2, 3, 4]), float([4], [2, 2, 1, 4])],
    attributes: {},
    outputs: [bool([4], [0, 0, 1, 0])],
  },
  {
    title: "Less gives booleans",
    operator: "Less",
    inputs: [float([4], [1, 2, 3, 4]), float([4], [2, 2, 1, 4])],
    attributes: {},
    outputs: [bool([4], [1, 0, 0, 0])],
  },
  {
    title: "Equal gives booleans",
    operator: "Equal",
    inputs: [float([4], [1, 2, 3, 4]), float([4], [2, 2, 1, 4])],
    attributes: {},
    outputs: [bool([4], [0, 1, 0, 1])],
  },
  {
    title: "Max takes several inputs and broadcasts them",
    operator: "Max",
    inputs: [
      float([2, 3], [0.5, 1.59, 1.1, -1.1, -0.8, 1.49]),
      float([2, 3], [-1.98, 1.28, 1.19, -0.13, -0.79, -0.89]),
      float([1, 3], [-1.4, -0.24, -1.04]),
    ],
    attributes: {},
    outputs: [float([2, 3], [0.5, 1.59, 1.19, -0.13, -0.24, 1.49])],
  },
  {
    title: "Min takes several inputs and broadcasts them",
    operator: "Min",
    inputs: [
      float([2, 3], [0.5, 1.59, 1.1, -1.1, -0.8, 1.49]),
      float([2, 3], [-1.98, 1.28, 1.19, -0.13, -0.79, -0.89]),
      float([1, 3], [-0.39, -1.61, 1.87]),
    ],
    attributes: {},
    outputs: [float([2, 3], [-1.98, -1.61, 1.1, -1.1, -1.61, -0.89])],
  },
  {
    title: "Where chooses element by element",
    operator: "Where",
    inputs: [
      bool([2, 1], [1, 0]),
      float([2, 3], [0.5, 1.59, 1.1, -1.1, -0.8, 1.49]),
      float([2, 3], [-1.98, 1.28, 1.19, -0.13, -0.79, -0.89]),
    ],
    attributes: {},
    outputs: [float([2, 3], [0.5, 1.59, 1.1, -0.13, -0.79, -0.89])],
  },
  {
    title: "Clip has two limits",
    operator: "Clip",
    inputs: [float([5], [-1, 0, 3, 6, 8]), float([], [0]), float([], [6])],
    attributes: {},
    outputs: [float([5], [0, 0, 3, 6, 6])],
  },
  {
    title: "Clip may leave out the lower limit",
    operator: "Clip",
    inputs: [float([3], [-1, 3, 8]), null, float([], [6])],
    attributes: {},
    outputs: [float([3], [-1, 3, 6])],
  },
  {
    title: "Cast turns floats into whole numbers towards zero",
    operator: "Cast",
    inputs: [float([4], [-1.7, -0.2, 1.2, 2.9])],
    attributes: { to: { type: "int", value: 7 } },
    outputs: [whole([4], [-1, 0, 1, 2])],
  },
  {
    title: "Cast turns whole numbers into floats",
    operator: "Cast",
    inputs: [whole([2], [3, -4])],
    attributes: { to: { type: "int", value: 1 } },
    outputs: [float([2], [3, -4])],
  },
  {
    title: "Softmax over the last axis",
    operator: "Softmax",
    inputs: [float([2, 4], [-1.14, 0.69, -0.8, 1.5, 0.65, -1.47, 1.38, 1.78])],
    attributes: {},
    outputs: [float([2, 4], [0.0441461, 0.275202, 0.062023, 0.618629, 0.158963, 0.0190806, 0.329861, 0.492095])],
  },
  {
    title: "Softmax over a middle axis",
    operator: "Softmax",
    inputs: [float([2, 3, 2], [1.62, 0.28, -1.42, -1.23, 1.71, 0.21, -1.28, 1.54, 0.57, 0.28, -0.49, -0.36])],
    attributes: { axis: { type: "int", value: 1 } },
    outputs: [
      float(
        [2, 3, 2],
        [
          0.466851, 0.464403, 0.0223318, 0.102591, 0.510817, 0.433006, 0.104567, 0.697728, 0.665029, 0.197913, 0.230403,
          0.104358,
        ],
      ),
    ],
  },
  {
    title: "Softmax of large numbers stays finite",
    operator: "Softmax",
    inputs: [float([1, 3], [1000, 1001, 990])],
    attributes: {},
    outputs: [float([1, 3], [0.268938, 0.73105, 1.22098e-5])],
  },
  {
    title: "LogSoftmax over the last axis",
    operator: "LogSoftmax",
    inputs: [float([2, 4], [-1.04, -1.85, 1.5, -0.13, 0.19, -0.71, 1.01, -1.9])],
    attributes: {},
    outputs: [float([2, 4], [-2.80994, -3.61994, -0.269936, -1.89994, -1.3352, -2.2352, -0.5152, -3.4252])],
  },
  {
    title: "ReduceL2 over one axis keeps it with size 1",
    operator: "ReduceL2",
    inputs: [
      float([2, 3, 2], [-0.51, -1.88, -1.51, 1.87, 0.63, -0.29, 0.09, 1.49, -0.62, 0.36, 0.73, -0.58]),
      whole([1], [1]),
    ],
    attributes: {},
    outputs: [float([2, 1, 2], [1.7138, 2.66747, 0.961977, 1.63893])],
  },
  {
    title: "ReduceL2 drops its axes when told",
    operator: "ReduceL2",
    inputs: [
      float([2, 3, 2], [0.08, 1.06, 1.64, -1.4, 1.73, -1.98, 1.01, 1.24, -1.45, -0.32, 1.26, -1.94]),
      whole([2], [0, -1]),
    ],
    attributes: { keepdims: { type: "int", value: 0 } },
    outputs: [float([3], [1.92034, 2.61811, 3.50207])],
  },
  {
    title: "ReduceMax over one axis keeps it with size 1",
    operator: "ReduceMax",
    inputs: [
      float([2, 3, 2], [0.51, 1.17, 0.05, 0.9, -1.09, -1.21, -0.55, -1.28, -0.62, 1.79, 0.29, -0.64]),
      whole([1], [1]),
    ],
    attributes: {},
    outputs: [float([2, 1, 2], [0.51, 1.17, 0.29, 1.79])],
  },
  {
    title: "ReduceMax drops its axes when told",
    operator: "ReduceMax",
    inputs: [
      float([2, 3, 2], [-0.91, 1.81, -0.22, 1.92, 0.06, 0.08, 1.59, 0.97, 0.32, -0.29, 1.51, -0.35]),
      whole([2], [0, -1]),
    ],
    attributes: { keepdims: { type: "int", value: 0 } },
    outputs: [float([3], [1.81, 1.92, 1.51])],
  },
  {
    title: "ReduceMean over one axis keeps it with size 1",
    operator: "ReduceMean",
    inputs: [
      float([2, 3, 2], [1.69, -1.73, -0.28, 0.08, 1.8, -1, 1.22, 0.71, 0.87, 0.52, 1.89, -0.67]),
      whole([1], [1]),
    ],
    attributes: {},
    outputs: [float([2, 1, 2], [1.07, -0.883333, 1.32667, 0.186667])],
  },
  {
    title: "ReduceMean drops its axes when told",
    operator: "ReduceMean",
    inputs: [
      float([2, 3, 2], [-0.41, -1.19, -1.8, -1.15, 1.66, 1.36, -1.55, 0.42, -0.08, 0.38, 0.64, -0.77]),
      whole([2], [0, -1]),
    ],
    attributes: { keepdims: { type: "int", value: 0 } },
    outputs: [float([3], [-0.6825, -0.6625, 0.7225])],
  },
  {
    title: "ReduceMin over one axis keeps it with size 1",
    operator: "ReduceMin",
    inputs: [
      float([2, 3, 2], [1.85, -0.14, 0.51, 0.54, -1.26, -1.75, -0.35, 1.06, 1.26, 0.92, -1.55, 1.65]),
      whole([1], [1]),
    ],
    attributes: {},
    outputs: [float([2, 1, 2], [-1.26, -1.75, -1.55, 0.92])],
  },
  {
    title: "ReduceMin drops its axes when told",
    operator: "ReduceMin",
    inputs: [
      float([2, 3, 2], [1.21, 1.51, 0.09, 1.66, -1.81, -1.88, -1.92, -0.99, -1.01, -1.25, 0.27, -1.84]),
      whole([2], [0, -1]),
    ],
    attributes: { keepdims: { type: "int", value: 0 } },
    outputs: [float([3], [-1.92, -1.25, -1.88])],
  },
  {
    title: "ReduceSum over one axis keeps it with size 1",
    operator: "ReduceSum",
    inputs: [
      float([2, 3, 2], [0.36, -1.34, 0.71, -1.92, -0.76, 1.75, 0.15, 1.25, 0.63, 0.44, -1.23, 0.3]),
      whole([1], [1]),
    ],
    attributes: {},
    outputs: [float([2, 1, 2], [0.31, -1.51, -0.45, 1.99])],
  },
  {
    title: "ReduceSum drops its axes when told",
    operator: "ReduceSum",
    inputs: [
      float([2, 3, 2], [-1.84, 1.21, 1.84, 1.42, -1.8, -0.65, -0.73, -1.55, 0.51, 1.19, -0.75, 1.45]),
      whole([2], [0, -1]),
    ],
    attributes: { keepdims: { type: "int", value: 0 } },
    outputs: [float([3], [-2.91, 4.96, -1.75])],
  },
  {
    title: "ReduceSumSquare over one axis keeps it with size 1",
    operator: "ReduceSumSquare",
    inputs: [
      float([2, 3, 2], [1.19, -1.48, 1.07, 1.53, -1.21, 0.29, 0.55, 0.44, -1.62, 0.64, 0.53, 1.3]),
      whole([1], [1]),
    ],
    attributes: {},
    outputs: [float([2, 1, 2], [4.0251, 4.6154, 3.2078, 2.2932])],
  },
  {
    title: "ReduceSumSquare drops its axes when told",
    operator: "ReduceSumSquare",
    inputs: [
      float([2, 3, 2], [1.21, -0.69, 0.89, 1.47, 1.57, -1.35, -1.89, 0.6, -1.14, 0.25, 1.78, -0.48]),
      whole([2], [0, -1]),
    ],
    attributes: { keepdims: { type: "int", value: 0 } },
    outputs: [float([3], [5.8723, 4.3151, 7.6862])],
  },
  {
    title: "ReduceMax over everything",
    operator: "ReduceMax",
    inputs: [float([2, 3], [-0.99, -0.17, 0.63, -1.6, -0.48, -1.47])],
    attributes: { keepdims: { type: "int", value: 0 } },
    outputs: [float([], [0.63])],
  },
  {
    title: "ArgMax gives the first of equals",
    operator: "ArgMax",
    inputs: [float([2, 4], [1, 5, 5, 2, 7, 1, 7, 0])],
    attributes: { axis: { type: "int", value: 1 } },
    outputs: [whole([2, 1], [1, 0])],
  },
  {
    title: "ArgMin without its axis",
    operator: "ArgMin",
    inputs: [float([3, 4], [0.65, 1.32, -0.49, -0.51, 0.16, -1.14, -1.01, -0.68, -0.17, -1.67, 1.01, 0.32])],
    attributes: { axis: { type: "int", value: 0 }, keepdims: { type: "int", value: 0 } },
    outputs: [whole([4], [2, 2, 1, 1])],
  },
  {
    title: "TopK gives the largest, and where they were",
    operator: "TopK",
    inputs: [float([2, 4], [3, 1, 4, 1, 5, 9, 2, 6]), whole([1], [2])],
    attributes: { axis: { type: "int", value: -1 } },
    outputs: [float([2, 2], [4, 3, 9, 6]), whole([2, 2], [2, 0, 1, 3])],
  },
  {
    title: "TopK gives the smallest along another axis",
    operator: "TopK",
    inputs: [float([3, 2], [3, 1, 4, 1, 5, 9]), whole([1], [2])],
    attributes: { axis: { type: "int", value: 0 }, largest: { type: "int", value: 0 } },
    outputs: [float([2, 2], [3, 1, 4, 1]), whole([2, 2], [0, 0, 1, 1])],
  },
  {
    title: "MatMul of two matrices",
    operator: "MatMul",
    inputs: [
      float([2, 3], [-0.8, -1.69, 1.05, -1.48, -1.47, -1.48]),
      float([3, 4], [-1.67, 1.63, -0.92, -0.77, 1.33, 0.48, -1.25, -0.26, 1.54, -0.5, 0.84, -1.61]),
    ],
    attributes: {},
    outputs: [float([2, 4], [0.7053, -2.6402, 3.7305, -0.6351, -1.7627, -2.378, 1.9559, 3.9046])],
  },
  {
    title: "MatMul broadcasts the matrices before the last two axes",
    operator: "MatMul",
    inputs: [
      float([2, 1, 2, 3], [0.91, 1.11, 1.3, 0.7, -0.52, -1.74, 0.08, 1.03, -1.24, -0.94, 0.14, 0.99]),
      float([2, 3, 2], [1.59, -1.5, -1.26, 1.2, 0.58, 0.88, 1.99, 1.76, 1.37, 1.11, -0.42, 0.56]),
    ],
    attributes: {},
    outputs: [
      float(
        [2, 2, 2, 2],
        [
          0.8023, 1.111, 0.759, -3.2052, 2.7856, 3.5617, 1.4114, -0.3196, -1.8898, 0.0248001, -1.0968, 2.4492, 2.0911,
          0.5897, -2.0946, -0.9446,
        ],
      ),
    ],
  },
  {
    title: "MatMul of a matrix and a vector",
    operator: "MatMul",
    inputs: [float([2, 3], [-1.26, 1.04, 1.03, 0.89, -0.22, -0.49]), float([3], [-0.32, -1.87, 1.38])],
    attributes: {},
    outputs: [float([2], [-0.1202, -0.5496])],
  },
  {
    title: "Gemm adds a bias row",
    operator: "Gemm",
    inputs: [
      float([2, 3], [0.17, -0.45, 0.19, 0.89, -0.47, 1.32]),
      float([3, 4], [1.68, -0.45, -1.45, 1.04, 1.97, -1.41, 0.85, 1.3, 1.68, -1.51, -1.63, 1.95]),
      float([4], [-1.53, -1.29, 0.3, -0.21]),
    ],
    attributes: {},
    outputs: [float([2, 4], [-1.8117, -1.0189, -0.6387, -0.2477, 1.2569, -3.021, -3.5416, 2.6786])],
  },
  {
    title: "Gemm turns both matrices and scales",
    operator: "Gemm",
    inputs: [
      float([3, 2], [1, -1.24, 1.66, -1.13, 1.08, -1.73]),
      float([4, 3], [-0.11, -1.87, -0.74, -0.75, 0.88, -0.18, -1.77, 1.98, 1.55, 1.67, -1.01, -0.42]),
      float([2, 1], [-1.09, -1.5]),
    ],
    attributes: {
      transA: { type: "int", value: 1 },
      transB: { type: "int", value: 1 },
      alpha: { type: "float", value: 0.5 },
      beta: { type: "float", value: 2.0 },
    },
    outputs: [float([2, 4], [-4.1867, -1.9218, -0.5846, -2.4101, -1.23515, -2.8765, -4.36205, -3.10145])],
  },
  {
    title: "Conv 3x3 with padding and a bias",
    operator: "Conv",
    inputs: [
      float(
        [1, 2, 4, 4],
        [
          -1.87, 0.01, -1.51, -1.29, 1.44, -0.06, -1.27, 0.68, -0.94, 0.11, -0.87, 0.06, 0.51, 0.14, -0.42, 1.16, 1.49,
          -1.28, -1.45, -1.55, 1.92, 1.77, -1.08, 1.88, -1.17, 0.03, -0.01, 1.66, -1.84, -0.74, 0.4, -1.73,
        ],
      ),
      float(
        [3, 2, 3, 3],
        [
          -1.05, -0.14, 1.52, 1.04, 1.32, 1.04, 0.83, 1.4, 0.73, 0.94, -0.79, -1.33, 1.03, -1.34, 1.68, 0.39, -0.68,
          1.75, -1.38, 0.06, -1.63, 1.86, 0.3, 1.21, -0.87, 1.21, 0.81, 0.57, 1.8, -0.27, -0.34, 0.77, 1.34, -0.66,
          0.68, -1.16, 0.21, 1.08, -1.74, 0.91, -1.94, 1.83, -0.13, -0.36, 0.88, 0.09, 0.92, -1.66, 0.25, 0.23, 1.73,
          -1.84, -0.19, 0.52,
        ],
      ),
      float([3], [0.2, -1.7, 0.37]),
    ],
    attributes: { kernel_shape: { type: "ints", value: [3, 3] }, pads: { type: "ints", value: [1, 1, 1, 1] } },
    outputs: [
      float(
        [1, 3, 4, 4],
        [
          -2.6409, -4.6488, -1.7205, -4.2914, 2.8539, 0.3407, 7.6816, -3.998, -2.6995, -3.5921, 0.1394, -1.5146, 3.4244,
          -1.2142, -5.2812, 3.6089, -1.8706, -11.6024, -11.4707, -1.6772, 3.53, 3.7163, -4.2588, -1.6886, 0.7904,
          0.2234, 1.055, 2.8718, -6.1358, 1.4859, -2.6715, 0.5852, 2.1288, -12.2587, -3.3978, 2.3298, 3.102, 3.5593,
          10.3714, -5.4148, 2.5699, 6.6955, 0.162, 1.171, -4.3994, 1.2298, -3.4339, -1.1521,
        ],
      ),
    ],
  },
  {
    title: "Conv with stride 2 and padding at the end only",
    operator: "Conv",
    inputs: [
      float(
        [1, 1, 4, 6],
        [
          -1.11, -1.22, 1.51, -1.21, -0.18, 1, 0.83, 0.21, 1.23, -0.14, 0.48, 1.28, 0.71, 0.57, -0.38, 0.23, -0.42,
          0.98, -0.48, -0.13, 1.02, 0.01, -0.65, 1.31,
        ],
      ),
      float(
        [2, 1, 3, 3],
        [
          -0.48, 1.38, 1.14, -0.21, 0.85, -1.86, -0.44, 1.44, 0.32, 0.23, 0.66, 0.71, 0.33, -0.32, -1.27, -0.83, -0.83,
          -0.28,
        ],
      ),
    ],
    attributes: {
      kernel_shape: { type: "ints", value: [3, 3] },
      pads: { type: "ints", value: [0, 0, 1, 1] },
      strides: { type: "ints", value: [2, 2] },
    },
    outputs: [
      float(
        [1, 2, 2, 3],
        [-1.3262, -3.5059, 4.0496, -1.8943, 1.0243, 2.804, -2.2998, -0.4959, -0.0974, -1.1425, 0.9251, -0.0834999],
      ),
    ],
  },
  {
    title: "Conv depthwise",
    operator: "Conv",
    inputs: [
      float(
        [2, 3, 3, 3],
        [
          2, -0.59, -0.21, -0.51, 0.33, 1.79, 1.56, -0.49, -0.93, 1.54, -0.02, 0.74, -1.71, 1.47, -0.75, -0.02, -1.21,
          -0.32, 1.31, 1.31, -0.11, 1.07, -0.17, -0.51, 0.18, -1.19, -0.73, 0.83, 1.08, -1.77, 0.93, 1.27, -0.22, -1.75,
          0.73, -1.02, 0.57, -0.49, 0.55, -0.97, -0.09, 0.1, 0.52, -1.19, 1.85, -0.84, -0.78, -0.97, -1.73, -0.31, 1.09,
          0.84, -1.22, -1.45,
        ],
      ),
      float(
        [3, 1, 3, 3],
        [
          -0.71, 1.07, -0.05, 1.69, 0.63, 0.48, 1.07, 1, -0.62, -0.97, -0.25, -0.04, -1.43, -0.23, 0.56, -1.46, -1.45,
          -1.31, -0.87, 1.85, -1.9, -1.27, -1.34, -0.1, -1.94, -0.17, -1.35,
        ],
      ),
      float([3], [-0.92, 1.17, -1.26]),
    ],
    attributes: {
      kernel_shape: { type: "ints", value: [3, 3] },
      pads: { type: "ints", value: [1, 1, 1, 1] },
      group: { type: "int", value: 3 },
    },
    outputs: [
      float(
        [2, 3, 3, 3],
        [
          -0.6578, 0.662, 0.0937, 2.9504, -0.9998, -0.4947, -0.7346, 1.587, -0.653, 1.3584, 0.7344, -0.0303, 3.6164,
          3.5417, 1.3054, 0.8657, 2.6189, 1.7355, -3.0988, -6.0265, -2.3598, -1.1664, -0.00870001, 0.7288, 0.9203,
          -0.0974001, 0.4339, 0.2639, 2.715, 0.929, -1.093, 1.4909, -1.8119, -0.7405, -3.1976, -1.466, 2.2889, 2.1913,
          1.7306, 2.0247, 0.7242, 0.6684, 0.6301, 2.6955, 2.5085, 0.6562, 2.8864, 1.4465, 2.5214, 2.9096, -0.8295,
          -4.8751, -1.6864, 4.5186,
        ],
      ),
    ],
  },
  {
    title: "Conv in groups with dilation",
    operator: "Conv",
    inputs: [
      float(
        [1, 4, 5, 5],
        [
          0.47, -0.37, -0.33, 1.27, -1.36, 1.7, 1.57, 0.67, -1.8, 0.65, 0.4, 1.09, -1.14, 1.81, 1.54, -1.54, -0.74,
          -1.87, 1.32, 1.66, 1.96, 0.45, 0.66, 0.71, 0.28, 1.81, 0.43, -0.66, 0.05, -1.93, 0.9, 0.78, -0.32, 1.41, 1.02,
          -0.65, -1.69, -1.47, -1.26, -0.78, -0.21, 1.71, -0.89, 1.59, 0.72, 1.41, -0.39, -1.99, 1.15, -1.02, -1.43,
          1.2, 0.75, -1.15, -0.93, 1.76, -0.93, 0.81, -1.48, 1.26, -1.53, 0.06, -1.86, 0.2, 1.39, -1.66, -0.9, 1.06,
          0.43, -0.75, 0.52, -0.18, 1.45, -0.83, 1.03, 0.54, 0.96, -0.49, 0.9, 0.79, -0.45, -1.89, 1.85, 0.85, -1.18,
          0.92, -0.89, -0.12, 1.44, -0.21, -0.85, -0.78, -1.69, -1.12, -0.92, -1.31, -1.75, -0.14, -1.14, 0.96,
        ],
      ),
      float(
        [2, 2, 2, 2],
        [1.69, -0.91, 0.29, 0.03, -1.7, -1.5, 1.54, -0.1, 1.22, -1.73, 0.38, 1.46, 1.47, -1.98, 0.09, -0.52],
      ),
    ],
    attributes: {
      kernel_shape: { type: "ints", value: [2, 2] },
      group: { type: "int", value: 2 },
      dilations: { type: "ints", value: [2, 3] },
    },
    outputs: [
      float(
        [1, 2, 3, 2],
        [-4.2181, 0.614, -0.0233999, 1.6024, 4.67, 4.124, -1.6987, 5.0012, 2.866, -4.7851, -4.2507, -2.4453],
      ),
    ],
  },
  {
    title: "Conv pads as TensorFlow does",
    operator: "Conv",
    inputs: [
      float(
        [1, 1, 5, 4],
        [
          1.04, -1.71, -0.94, 1.25, -0.12, -0.19, 1.87, -0.72, -1.83, -0.43, -1.39, -1.67, 0.27, 1.81, 0.32, 0.59,
          -0.71, 0.28, 1.01, 0.36,
        ],
      ),
      float([1, 1, 3, 3], [1.21, 0.2, -1.21, 0.33, -0.04, -1.34, 0.48, 1.27, -1.46]),
    ],
    attributes: {
      kernel_shape: { type: "ints", value: [3, 3] },
      strides: { type: "ints", value: [2, 2] },
      auto_pad: { type: "string", value: "SAME_UPPER" },
    },
    outputs: [float([1, 1, 3, 2], [-1.3579, -0.377, 0.7911, 2.6297, -1.2974, 0.8241])],
  },
  {
    title: "Conv 1x1 mixes channels",
    operator: "Conv",
    inputs: [
      float([1, 3, 2, 2], [0.18, 0.93, -0.39, -0.92, -0.51, 0.17, 0.75, 0.24, -1.57, 1.27, 1.7, -1.59]),
      float([2, 3, 1, 1], [-1, -1.31, 1.4, 1.64, -1.82, -0.67]),
    ],
    attributes: { kernel_shape: { type: "ints", value: [1, 1] } },
    outputs: [float([1, 2, 2, 2], [-1.7099, 0.6253, 1.7875, -1.6204, 2.2753, 0.3649, -3.1436, -0.8803])],
  },
  {
    title: "AveragePool leaves padding out of its mean",
    operator: "AveragePool",
    inputs: [
      float(
        [1, 1, 4, 4],
        [-1.23, -0.12, 1.69, -1.72, -1.31, -0.05, 0.1, 0.98, -0.25, -1.44, -0.59, 1.93, 1, -1.53, 1.23, -0.76],
      ),
    ],
    attributes: { kernel_shape: { type: "ints", value: [3, 3] }, pads: { type: "ints", value: [1, 1, 1, 1] } },
    outputs: [
      float(
        [1, 1, 4, 4],
        [
          -0.6775, -0.153333, 0.146667, 0.2625, -0.733333, -0.355556, 0.0866667, 0.398333, -0.596667, -0.315556,
          -0.0144445, 0.481667, -0.555, -0.263333, -0.193333, 0.4525,
        ],
      ),
    ],
  },
  {
    title: "AveragePool counts padding when told",
    operator: "AveragePool",
    inputs: [
      float(
        [1, 1, 4, 4],
        [1.13, -1.95, 1.49, -1.35, -0.18, 0.65, 0.03, -1.34, -1.44, -0.86, -1.79, -1.13, -1.48, -0.14, -0.57, 0.35],
      ),
    ],
    attributes: {
      kernel_shape: { type: "ints", value: [3, 3] },
      pads: { type: "ints", value: [1, 1, 1, 1] },
      count_include_pad: { type: "int", value: 1 },
    },
    outputs: [
      float(
        [1, 1, 4, 4],
        [
          -0.0388889, 0.13, -0.274444, -0.13, -0.294444, -0.324444, -0.694444, -0.454444, -0.383333, -0.642222,
          -0.533333, -0.494444, -0.435556, -0.697778, -0.46, -0.348889,
        ],
      ),
    ],
  },
  {
    title: "AveragePool with strides",
    operator: "AveragePool",
    inputs: [
      float(
        [1, 2, 4, 5],
        [
          -0.88, -1.86, -0.68, 1.02, -0.98, -0.38, 1.02, -0.37, 1.55, 1.67, -0.76, 0.94, -0.99, -1.44, -0.25, 0.41,
          1.74, -1.42, 0.85, -0.1, -1.47, 1.89, 0.78, -1.48, 1.62, -1.59, -1.63, -0.67, 1.75, -1.87, 1.67, 0.45, -1.73,
          0.27, -0.16, 0.26, 0.95, 0.71, 1.99, -1.37,
        ],
      ),
    ],
    attributes: { kernel_shape: { type: "ints", value: [2, 2] }, strides: { type: "ints", value: [2, 2] } },
    outputs: [float([1, 2, 2, 2], [-0.525, 0.38, 0.5825, -0.75, -0.7, 0.095, 0.8325, 0.31])],
  },
  {
    title: "AveragePool that rounds up its size",
    operator: "AveragePool",
    inputs: [
      float(
        [1, 1, 5, 5],
        [
          1.25, -0.36, 1.13, 1.57, 1.97, -0.94, -0.19, 1.77, 1.78, -0.51, 1.76, -0.38, -0.5, 1.03, -0.12, -0.21, -0.46,
          -0.27, -1.44, -1.76, 1.02, 0.26, 0.69, 1.21, -1.08,
        ],
      ),
    ],
    attributes: {
      kernel_shape: { type: "ints", value: [2, 2] },
      strides: { type: "ints", value: [2, 2] },
      ceil_mode: { type: "int", value: 1 },
    },
    outputs: [float([1, 1, 3, 3], [-0.06, 1.5625, 0.73, 0.1775, -0.295, -0.94, 0.64, 0.95, -1.08])],
  },
  {
    title: "MaxPool with padding",
    operator: "MaxPool",
    inputs: [
      float(
        [1, 1, 4, 4],
        [
          -2.53, -2.44, -2.39, -1.48, -2.25, -2.35, -1.73, -2.63, -2.79, -1.61, -1.49, -2.41, -1.73, -2.93, -2.19,
          -1.84,
        ],
      ),
    ],
    attributes: {
      kernel_shape: { type: "ints", value: [3, 3] },
      pads: { type: "ints", value: [1, 1, 1, 1] },
      strides: { type: "ints", value: [2, 2] },
    },
    outputs: [float([1, 1, 2, 2], [-2.25, -1.48, -1.61, -1.49])],
  },
  {
    title: "GlobalAveragePool of each channel",
    operator: "GlobalAveragePool",
    inputs: [
      float(
        [2, 2, 2, 3],
        [
          -0.99, -0.61, 0.44, 0.36, -1.38, 0.83, -1.68, 1.88, -1.19, -0.99, -1.2, 1.97, -0.85, 0.42, 1.96, 1.8, -1.83,
          0.08, 0.41, 0.81, -0.66, -0.69, -1.98, -1.86,
        ],
      ),
    ],
    attributes: {},
    outputs: [float([2, 2, 1, 1], [-0.225, -0.201667, 0.263333, -0.661667])],
  },
  {
    title: "GlobalMaxPool of each channel",
    operator: "GlobalMaxPool",
    inputs: [
      float(
        [2, 2, 2, 3],
        [
          0.2, -1.7, -1.19, -0.67, -1.72, -1.88, 1.71, -0.26, -1.18, 0.83, -1.96, -1.02, 1.84, 1.59, 0.54, -1.63, -0.73,
          -1.89, -1.12, -1.9, -1.5, 0.53, -1.6, -1.38,
        ],
      ),
    ],
    attributes: {},
    outputs: [float([2, 2, 1, 1], [0.2, 1.71, 1.84, 0.53])],
  },
  {
    title: "BatchNormalization by stored statistics",
    operator: "BatchNormalization",
    inputs: [
      float([1, 2, 2, 2], [1.61, -0.66, -0.67, -1.65, 1.18, 0.71, 0.19, 0.47]),
      float([2], [-1.6, -0.96]),
      float([2], [0.33, 1.81]),
      float([2], [1.27, 0.56]),
      float([2], [1.28, 0.52]),
    ],
    attributes: { epsilon: { type: "float", value: 0.001 } },
    outputs: [float([1, 2, 2, 2], [-0.150645, 3.05837, 3.0725, 4.45789, 0.985399, 1.6105, 2.3021, 1.9297])],
  },
  {
    title: "Concat along a middle axis",
    operator: "Concat",
    inputs: [
      float([2, 1, 2], [1.56, -1.73, -1.48, 0.77]),
      float([2, 3, 2], [1.25, 1.15, -0.19, -1.29, -1.86, 1.41, 1.91, -1.02, 1.46, -0.39, -0.75, 0.02]),
    ],
    attributes: { axis: { type: "int", value: 1 } },
    outputs: [
      float(
        [2, 4, 2],
        [1.56, -1.73, 1.25, 1.15, -0.19, -1.29, -1.86, 1.41, -1.48, 0.77, 1.91, -1.02, 1.46, -0.39, -0.75, 0.02],
      ),
    ],
  },
  {
    title: "Reshape copies a size and works one out",
    operator: "Reshape",
    inputs: [
      float([2, 3, 2], [-1.97, -0.23, -1.2, 0.85, 0.01, 1.48, 1.59, -0.73, -0.88, 1.76, 0.02, -1.61]),
      whole([2], [0, -1]),
    ],
    attributes: {},
    outputs: [float([2, 6], [-1.97, -0.23, -1.2, 0.85, 0.01, 1.48, 1.59, -0.73, -0.88, 1.76, 0.02, -1.61])],
  },
  {
    title: "Flatten before an axis",
    operator: "Flatten",
    inputs: [float([2, 3, 2], [-1.82, 1.96, 0.32, -1.78, 0.05, 0.02, -0.26, 1.81, 1.8, -1.5, -1.39, -0.37])],
    attributes: { axis: { type: "int", value: 1 } },
    outputs: [float([2, 6], [-1.82, 1.96, 0.32, -1.78, 0.05, 0.02, -0.26, 1.81, 1.8, -1.5, -1.39, -0.37])],
  },
  {
    title: "Transpose from channels first to last",
    operator: "Transpose",
    inputs: [float([1, 2, 2, 3], [1.34, 0.5, 0.92, 0.3, -1.16, 1.27, -1.94, 0.79, -1.22, -0.12, 1.9, 0.16])],
    attributes: { perm: { type: "ints", value: [0, 2, 3, 1] } },
    outputs: [float([1, 2, 3, 2], [1.34, -1.94, 0.5, 0.79, 0.92, -1.22, 0.3, -0.12, -1.16, 1.9, 1.27, 0.16])],
  },
  {
    title: "Transpose turns all axes around by default",
    operator: "Transpose",
    inputs: [float([2, 3], [-1.77, -0.28, 0.64, -1.77, -0.99, -1.93])],
    attributes: {},
    outputs: [float([3, 2], [-1.77, -1.77, -0.28, -0.99, 0.64, -1.93])],
  },
  {
    title: "Unsqueeze adds axes",
    operator: "Unsqueeze",
    inputs: [float([2, 3], [0.16, -0.47, 0.01, -0.82, 0.63, -1.31]), whole([2], [0, -1])],
    attributes: {},
    outputs: [float([1, 2, 3, 1], [0.16, -0.47, 0.01, -0.82, 0.63, -1.31])],
  },
  {
    title: "Squeeze drops an axis",
    operator: "Squeeze",
    inputs: [float([2, 1, 3], [1.63, 1.84, -0.03, -0.14, 1.44, -0.84]), whole([1], [1])],
    attributes: {},
    outputs: [float([2, 3], [1.63, 1.84, -0.03, -0.14, 1.44, -0.84])],
  },
  {
    title: "Expand repeats",
    operator: "Expand",
    inputs: [float([2, 1], [1.21, -0.85]), whole([3], [2, 2, 3])],
    attributes: {},
    outputs: [float([2, 2, 3], [1.21, 1.21, 1.21, -0.85, -0.85, -0.85, 1.21, 1.21, 1.21, -0.85, -0.85, -0.85])],
  },
  {
    title: "Gather along an axis, from the end too",
    operator: "Gather",
    inputs: [float([3, 2], [0.88, -0.66, 0.41, 1.7, -1.78, 1.23]), whole([2], [2, -3])],
    attributes: { axis: { type: "int", value: 0 } },
    outputs: [float([2, 2], [-1.78, 1.23, 0.88, -0.66])],
  },
  {
    title: "Gather columns",
    operator: "Gather",
    inputs: [float([2, 3], [0.17, -0.48, -0.6, -1.72, -0.97, 0.49]), whole([3], [1, 1, 0])],
    attributes: { axis: { type: "int", value: 1 } },
    outputs: [float([2, 3], [-0.48, -0.48, 0.17, -0.97, -0.97, -1.72])],
  },
  {
    title: "Slice with a step",
    operator: "Slice",
    inputs: [
      float([2, 6], [-1.61, 0.68, 1.85, 1.92, 1.56, 1.23, -1.29, 1.88, -1.19, 1.48, 1.51, 0.49]),
      whole([1], [1]),
      whole([1], [6]),
      whole([1], [1]),
      whole([1], [2]),
    ],
    attributes: {},
    outputs: [float([2, 3], [0.68, 1.92, 1.23, 1.88, 1.48, 0.49])],
  },
  {
    title: "Slice backwards",
    operator: "Slice",
    inputs: [
      float([4], [0.09, -1.2, 0.08, -0.84]),
      whole([1], [-1]),
      whole([1], [-100]),
      whole([1], [0]),
      whole([1], [-1]),
    ],
    attributes: {},
    outputs: [float([4], [-0.84, 0.08, -1.2, 0.09])],
  },
  {
    title: "Slice past the end",
    operator: "Slice",
    inputs: [
      float([3, 2], [-1.5, -1.49, 1.2, 1.69, -1.43, -1.95]),
      whole([1], [1]),
      whole([1], [2147483647]),
      whole([1], [0]),
    ],
    attributes: {},
    outputs: [float([2, 2], [1.2, 1.69, -1.43, -1.95])],
  },
  {
    title: "Pad with a constant",
    operator: "Pad",
    inputs: [float([1, 1, 2, 2], [-0.95, -1.46, -1.25, 0.33]), whole([8], [0, 0, 1, 0, 0, 0, 0, 2]), float([], [0.5])],
    attributes: {},
    outputs: [float([1, 1, 3, 4], [0.5, 0.5, 0.5, 0.5, -0.95, -1.46, 0.5, 0.5, -1.25, 0.33, 0.5, 0.5])],
  },
  {
    title: "Pad by reflection",
    operator: "Pad",
    inputs: [
      float([1, 1, 3, 3], [-0.31, -0.28, -1.18, 0.66, -0.84, -0.4, -0.15, 1.62, -1.01]),
      whole([8], [0, 0, 1, 1, 0, 0, 2, 0]),
    ],
    attributes: { mode: { type: "string", value: "reflect" } },
    outputs: [
      float(
        [1, 1, 6, 4],
        [
          -0.84, 0.66, -0.84, -0.4, -0.28, -0.31, -0.28, -1.18, -0.84, 0.66, -0.84, -0.4, 1.62, -0.15, 1.62, -1.01,
          -0.84, 0.66, -0.84, -0.4, -0.28, -0.31, -0.28, -1.18,
        ],
      ),
    ],
  },
  {
    title: "Pad by the edge",
    operator: "Pad",
    inputs: [float([1, 1, 2, 2], [0.87, -0.76, 1.58, -0.42]), whole([8], [0, 0, 1, 1, 0, 0, 1, 1])],
    attributes: { mode: { type: "string", value: "edge" } },
    outputs: [
      float(
        [1, 1, 4, 4],
        [0.87, 0.87, -0.76, -0.76, 0.87, 0.87, -0.76, -0.76, 1.58, 1.58, -0.42, -0.42, 1.58, 1.58, -0.42, -0.42],
      ),
    ],
  },
  {
    title: "Resize doubles by linear interpolation",
    operator: "Resize",
    inputs: [float([1, 1, 2, 3], [0.02, 1.51, 0.69, -1.62, -1.45, 1.96]), null, float([4], [1, 1, 2, 2])],
    attributes: { mode: { type: "string", value: "linear" } },
    outputs: [
      float(
        [1, 1, 4, 6],
        [
          0.02, 0.3925, 1.1375, 1.305, 0.895, 0.69, -0.39, -0.1, 0.48, 0.829375, 0.948125, 1.0075, -1.21, -1.085,
          -0.835, -0.121875, 1.05438, 1.6425, -1.62, -1.5775, -1.4925, -0.5975, 1.1075, 1.96,
        ],
      ),
    ],
  },
  {
    title: "Resize to a size on two axes only",
    operator: "Resize",
    inputs: [
      float([1, 2, 2, 3], [-1.88, -0.8, 1.84, -1.94, -1.35, -1.15, -1.65, -0.11, 0.37, -0.73, -1.57, 1.24]),
      null,
      null,
      whole([2], [5, 4]),
    ],
    attributes: { mode: { type: "string", value: "linear" }, axes: { type: "ints", value: [2, 3] } },
    outputs: [
      float(
        [1, 2, 5, 4],
        [
          -1.88, -1.205, 0.19, 1.84, -1.886, -1.24162, 0.0435, 1.541, -1.91, -1.38813, -0.5425, 0.345, -1.934, -1.53463,
          -1.1285, -0.851, -1.94, -1.57125, -1.275, -1.15, -1.65, -0.6875, 0.07, 0.37, -1.558, -0.74425, 0.011375,
          0.457, -1.19, -0.97125, -0.223125, 0.805, -0.822, -1.19825, -0.457625, 1.153, -0.73, -1.255, -0.51625, 1.24,
        ],
      ),
    ],
  },
  {
    title: "Resize shrinks linearly",
    operator: "Resize",
    inputs: [
      float(
        [1, 1, 4, 6],
        [
          1.22, 0.25, -1.45, 0.17, 0.52, -0.29, 1.46, -0.44, 0.04, -1.54, 0.25, 1.07, 0.93, -0.97, 1.97, 0.88, -0.3,
          -0.34, 1.12, -1.3, 0.56, 0.88, 0.07, 1.49,
        ],
      ),
      null,
      null,
      whole([4], [1, 1, 2, 4]),
    ],
    attributes: { mode: { type: "string", value: "linear" } },
    outputs: [float([1, 1, 2, 4], [0.98125, -0.5525, -0.4175, 0.38875, 0.485, 0.665, 0.63125, 0.4025])],
  },
  {
    title: "Resize with aligned corners",
    operator: "Resize",
    inputs: [float([1, 1, 2, 3], [-0.13, -0.14, -0.86, 1.68, -0.73, 0.78]), null, null, whole([4], [1, 1, 3, 5])],
    attributes: {
      mode: { type: "string", value: "linear" },
      coordinate_transformation_mode: { type: "string", value: "align_corners" },
    },
    outputs: [
      float(
        [1, 1, 3, 5],
        [-0.13, -0.135, -0.14, -0.5, -0.86, 0.775, 0.17, -0.435, -0.2375, -0.04, 1.68, 0.475, -0.73, 0.025, 0.78],
      ),
    ],
  },
  {
    title: "Resize repeats the nearest",
    operator: "Resize",
    inputs: [float([1, 1, 2, 2], [-0.36, 1.74, 1.79, -1.88]), null, float([4], [1, 1, 2, 3])],
    attributes: {
      mode: { type: "string", value: "nearest" },
      coordinate_transformation_mode: { type: "string", value: "asymmetric" },
      nearest_mode: { type: "string", value: "floor" },
    },
    outputs: [
      float(
        [1, 1, 4, 6],
        [
          -0.36, -0.36, -0.36, 1.74, 1.74, 1.74, -0.36, -0.36, -0.36, 1.74, 1.74, 1.74, 1.79, 1.79, 1.79, -1.88, -1.88,
          -1.88, 1.79, 1.79, 1.79, -1.88, -1.88, -1.88,
        ],
      ),
    ],
  },
  {
    title: "Resize takes the nearest of a larger picture",
    operator: "Resize",
    inputs: [
      float(
        [1, 1, 4, 4],
        [1.98, 0.42, -1.7, -0.01, -1.8, 0.2, -1.26, -0.53, -0.78, 0.41, 1.29, 1.75, -0.68, 0.28, -1.98, -0.51],
      ),
      null,
      null,
      whole([4], [1, 1, 3, 3]),
    ],
    attributes: { mode: { type: "string", value: "nearest" } },
    outputs: [float([1, 1, 3, 3], [1.98, 0.42, -0.01, -1.8, 0.2, -0.53, -0.68, 0.28, -0.51])],
  },
  {
    title: "Atan works on each element",
    operator: "Atan",
    inputs: [float([2, 3], [0.5, 1.59, 1.1, -1.1, -0.8, 1.49])],
    attributes: {},
    outputs: [float([2, 3], [0.463648, 1.00938, 0.832981, -0.832981, -0.674741, 0.979703])],
  },
  {
    title: "Erf works on each element",
    operator: "Erf",
    inputs: [float([2, 3], [0.5, 1.59, 1.1, -1.1, -0.8, 1.49])],
    attributes: {},
    outputs: [float([2, 3], [0.5205, 0.975462, 0.880205, -0.880205, -0.742101, 0.964898])],
  },
  {
    title: "ConvTranspose spreads each element with asymmetric pads and an odd size",
    operator: "ConvTranspose",
    inputs: [
      float([1, 2, 2, 3], [-1.05, 0.18, -0.52, 0.42, 0.5, -1.74, -1.95, 1.35, -0.96, -1.06, 1.98, -0.12]),
      float(
        [2, 2, 3, 2],
        [
          1.35, -0.09, 0.56, -1.4, 0.54, 1.47, 0.09, 0.97, 0.69, -1.74, 1.03, 0.36, -0.79, -1.88, 1.46, -0.11, 0.88,
          1.52, 0.86, 1.68, -0.42, 1.2, -0.22, 1.74,
        ],
      ),
      float([2], [1.52, -1.61]),
    ],
    attributes: {
      strides: { type: "ints", value: [2, 2] },
      pads: { type: "ints", value: [1, 0, 0, 1] },
      group: { type: "int", value: 1 },
      dilations: { type: "ints", value: [1, 1] },
      output_padding: { type: "ints", value: [1, 0] },
    },
    outputs: [
      float(
        [1, 2, 5, 5],
        [
          -1.915, 3.2045, 3.5918, 1.1195, -0.1728, 0.6414, -1.0325, 1.916, 0.0692, -1.8598, 0.2076, 1.0486, 4.6908,
          0.6022, 0.3704, 0.814, 0.5262, 3.5324, 5.2646, 0.4748, 1.52, 1.52, 1.52, 1.52, 1.52, -1.5155, -2.123, -2.0528,
          -0.3032, -1.5656, -3.1363, -6.7544, 0.0262, 4.6152, -2.1942, -0.875, -3.6128, -2.0966, -0.104, -2.7602,
          -0.9442, -3.3032, -1.5306, 2.0152, -3.3758, -1.61, -1.61, -1.61, -1.61, -1.61,
        ],
      ),
    ],
  },
  {
    title: "ConvTranspose works in groups with a dilation",
    operator: "ConvTranspose",
    inputs: [
      float(
        [2, 2, 2, 2],
        [-1.46, -1.13, 1.86, -0.26, 0.51, -0.8, 0.03, -0.46, -0.6, 0.34, 0.34, 1.62, 0.73, 1.72, 1.43, 1.96],
      ),
      float([2, 1, 2, 2], [0.69, -1.35, 1.44, 1.86, 1.62, 0.28, 0.86, -1.16]),
    ],
    attributes: {
      strides: { type: "ints", value: [1, 1] },
      pads: { type: "ints", value: [0, 0, 0, 0] },
      group: { type: "int", value: 2 },
      dilations: { type: "ints", value: [2, 1] },
      output_padding: { type: "ints", value: [0, 0] },
    },
    outputs: [
      float(
        [2, 2, 4, 3],
        [
          -1.0074, 1.1913, 1.5255, 1.2834, -2.6904, 0.351, -2.1024, -4.3428, -2.1018, 2.6784, 3.0852, -0.4836, 0.8262,
          -1.1532, -0.224, 0.0486, -0.7368, -0.1288, 0.4386, -1.2796, 0.928, 0.0258, -0.4304, 0.5336, -0.414, 1.0446,
          -0.459, 0.2346, 0.6588, -2.187, -0.864, -0.6264, 0.6324, 0.4896, 2.9652, 3.0132, 1.1826, 2.9908, 0.4816,
          2.3166, 3.5756, 0.5488, 0.6278, 0.6324, -1.9952, 1.2298, 0.0268, -2.2736,
        ],
      ),
    ],
  },
  {
    title: "Split cuts an axis into parts of unequal size",
    operator: "Split",
    inputs: [float([2, 3], [1, 2, 3, 4, 5, 6]), whole([2], [1, 2])],
    attributes: { axis: { type: "int", value: 1 } },
    outputs: [float([2, 1], [1, 4]), float([2, 2], [2, 3, 5, 6])],
  },
];
