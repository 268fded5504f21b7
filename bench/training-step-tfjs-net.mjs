/**
 * TensorFlow.js in the comparison of training-step-tfjs.mjs, which starts it as a process of its own: `node
 * training-step-tfjs-net.mjs FOLDER BACKEND WIDTH SIDE BATCH`. Reads one line per round, the number of steps; answers with their
 * times in milliseconds, as JSON. Not a workload itself.
 *
 * BACKEND is one of
 *   cpu        TensorFlow.js as it is: plain JavaScript, every gradient there
 *   wasm       its own operations and gradients; the three gradient kernels that its wasm backend lacks are composed here
 *   wasm-hand  all layers' gradients by hand, around its slow kernels: what an expert could make of it
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { channelsOf, classes, stages } from "./mobilenet-v2.mjs";

const epsilon = 1e-5;

/** Three stand-ins for kernels that the wasm backend lacks, each in the fastest form of those tried. Maps are [N, H, W, C]. */
function missingKernels(tf) {
  const rows = (map) => tf.reshape(map, [-1, map.shape.at(-1)]);

  /** Σ aᵀ · b over all rows. Only products of untransposed operands are fast there, and turning the narrower one is cheaper. */
  const outer = (a, b) => {
    if (a.shape[1] <= b.shape[1]) return tf.matMul(tf.transpose(a), b);
    return tf.transpose(tf.matMul(tf.transpose(b), a));
  };

  /** Sums over rows: a product with ones; the kernel for sums turns the whole map first. */
  const sumOfRows = (flat) => tf.reshape(tf.matMul(tf.ones([1, flat.shape[0]]), flat), [-1]);

  /** Zeros behind every row and column, so that a stride of 2 becomes one of 1. */
  const spread = (dy, stride) => {
    if (stride === 1) return dy;
    const [batch, height, width, channels] = dy.shape;
    const across = tf.pad(tf.reshape(dy, [batch * height * width, 1, channels]), [
      [0, 0],
      [0, 1],
      [0, 0],
    ]);
    const lines = tf.reshape(across, [batch * height, 1, width * 2 * channels]);
    return tf.reshape(
      tf.pad(lines, [
        [0, 0],
        [0, 1],
        [0, 0],
      ]),
      [batch, height * 2, width * 2, channels],
    );
  };

  const padded = (map, before, after) =>
    tf.pad(map, [
      [0, 0],
      [before, after],
      [before, after],
      [0, 0],
    ]);

  /**
   * Calls `use` with the rows of x under each cell of a 3 x 3 kernel, and the rows of dy for them. Only slices of whole rows
   * in one piece are fast: x and dy are padded to the same map, then a cell is a shift of all rows.
   */
  const eachCell = (x, dy, stride, use) => {
    const map = padded(x, 1, 1);
    const [, height, width] = map.shape;
    const gradient = spread(dy, stride);
    const missing = [height - gradient.shape[1], width - gradient.shape[2]];
    const flatGradient = rows(
      tf.pad(gradient, [
        [0, 0],
        [0, missing[0]],
        [0, missing[1]],
        [0, 0],
      ]),
    );
    const flat = rows(map);
    const [count, channels] = flat.shape;
    const seen = count - (2 * width + 2);
    const answering = tf.slice(flatGradient, [0, 0], [seen, flatGradient.shape[1]]);
    const cells = [0, 1, 2].flatMap((row) => [0, 1, 2].map((column) => row * width + column));
    return cells.map((shift) => use(tf.slice(flat, [shift, 0], [seen, channels]), answering));
  };

  return {
    rows,
    outer,
    sumOfRows,
    /** Conv2DBackpropFilter, kernels of 1 x 1 or 3 x 3. */
    weightGradient: (x, dy, stride, shape) => {
      if (shape[0] === 1) return tf.reshape(outer(rows(x), rows(dy)), shape);
      return tf.reshape(tf.concat(eachCell(x, dy, stride, outer), 0), shape);
    },
    /** DepthwiseConv2dNativeBackpropInput: the same kernel turned by half a turn. */
    depthwiseInputGradient: (dy, weights, stride) =>
      tf.depthwiseConv2d(spread(dy, stride), tf.reverse(weights, [0, 1]), 1, 1),
    /** DepthwiseConv2dNativeBackpropFilter. */
    depthwiseWeightGradient: (x, dy, stride, shape) => {
      const [batch, height, width, channels] = x.shape;
      const [, rowCount, columnCount] = dy.shape;
      if (rowCount * columnCount <= 25) {
        // A small dy is the kernel of a depthwise convolution of x: its kernels take 25 cells at once.
        const map = tf.reshape(tf.transpose(padded(x, 1, 1), [1, 2, 0, 3]), [
          1,
          height + 2,
          width + 2,
          batch * channels,
        ]);
        const kernel = tf.reshape(tf.transpose(dy, [1, 2, 0, 3]), [rowCount, columnCount, batch * channels, 1]);
        const perPicture = tf.depthwiseConv2d(map, kernel, 1, "valid", "NHWC", stride);
        const cells = tf.slice(perPicture, [0, 0, 0, 0], [1, 3, 3, batch * channels]);
        return tf.reshape(tf.sum(tf.reshape(cells, [9, batch, channels]), 1), shape);
      }
      const cells = eachCell(x, dy, stride, (seen, answering) => sumOfRows(tf.mul(seen, answering)));
      return tf.reshape(tf.stack(cells), shape);
    },
  };
}

/** TensorFlow.js's own operations throughout. */
function ownLayers(tf) {
  return {
    pointwise: (x, weights) => tf.conv2d(x, weights, 1, "valid"),
    stem: (x, weights) => tf.conv2d(x, weights, 2, 1),
    depthwise: (x, weights, stride) => tf.depthwiseConv2d(x, weights, stride, 1),
    norm: (x, scale, bias, isActive) => {
      const { mean, variance } = tf.moments(x, [0, 1, 2]);
      const y = tf.batchNorm(x, mean, variance, bias, scale, epsilon);
      return isActive ? tf.relu(y) : y;
    },
  };
}

/** The same with the missing kernels; what is there (the gradient of a convolution by its map, norms) is used. */
function completedLayers(tf) {
  const kernels = missingKernels(tf);
  const convolution = (stride, pad) =>
    tf.customGrad((x, weights, save) => {
      save([x, weights]);
      return {
        value: tf.conv2d(x, weights, stride, pad),
        gradFunc: (dy, [map, filter]) => [
          // Pictures: nothing asks for their gradient.
          map.shape[3] === 3 ? tf.zerosLike(map) : tf.conv2dTranspose(dy, filter, map.shape, stride, pad),
          kernels.weightGradient(map, dy, stride, filter.shape),
        ],
      };
    });
  const depthwise = (stride) =>
    tf.customGrad((x, weights, save) => {
      save([x, weights]);
      return {
        value: tf.depthwiseConv2d(x, weights, stride, 1),
        gradFunc: (dy, [map, filter]) => [
          kernels.depthwiseInputGradient(dy, filter, stride),
          kernels.depthwiseWeightGradient(map, dy, stride, filter.shape),
        ],
      };
    });
  const byStride = { 1: depthwise(1), 2: depthwise(2) };
  return {
    ...ownLayers(tf),
    pointwise: convolution(1, "valid"),
    stem: convolution(2, 1),
    depthwise: (x, weights, stride) => byStride[stride](x, weights),
  };
}

/** Nothing but its fast kernels: XNNPACK's products and convolutions, which also scale, shift and rectify maps. */
function layersByHand(tf) {
  const kernels = missingKernels(tf);
  const { rows, sumOfRows } = kernels;
  const completed = completedLayers(tf);
  const pointwise = tf.customGrad((x, weights, save) => {
    save([x, weights]);
    const [, , inputs, outputs] = weights.shape;
    return {
      value: tf.conv2d(x, weights, 1, "valid"),
      gradFunc: (dy, [map, filter]) => {
        const turned = tf.reshape(tf.transpose(tf.reshape(filter, [inputs, outputs])), [1, 1, outputs, inputs]);
        return [tf.conv2d(dy, turned, 1, "valid"), kernels.weightGradient(map, dy, 1, filter.shape)];
      },
    };
  });
  const affine = (x, factor, bias, activation = "linear") =>
    tf.fused.depthwiseConv2d({
      x,
      filter: tf.reshape(factor, [1, 1, x.shape[3], 1]),
      strides: 1,
      pad: "valid",
      bias,
      activation,
    });
  const norm = (isActive) =>
    tf.customGrad((x, scale, bias, save) => {
      const count = x.size / x.shape[3];
      const mean = tf.div(sumOfRows(rows(x)), count);
      const variance = tf.sub(tf.div(sumOfRows(rows(tf.square(x))), count), tf.square(mean));
      const inverse = tf.rsqrt(tf.add(variance, epsilon));
      const factor = tf.mul(scale, inverse);
      const value = affine(x, factor, tf.sub(bias, tf.mul(mean, factor)), isActive ? "relu" : "linear");
      save([x, mean, inverse, factor, ...(isActive ? [value] : [])]);
      return {
        value,
        gradFunc: (dy, [map, mean, inverse, factor, y]) => {
          const gradient = y === undefined ? dy : tf.mul(dy, tf.step(y));
          const dBias = sumOfRows(rows(gradient));
          const product = sumOfRows(rows(tf.mul(gradient, map)));
          const dScale = tf.mul(tf.sub(product, tf.mul(mean, dBias)), inverse);
          const slope = tf.div(tf.mul(tf.mul(factor, inverse), dScale), -count);
          const offset = tf.sub(tf.div(tf.mul(factor, dBias), -count), tf.mul(slope, mean));
          const dx = tf.add(affine(gradient, factor, tf.zerosLike(offset)), affine(map, slope, offset));
          return [dx, dScale, dBias];
        },
      };
    });
  const [active, plain] = [norm(true), norm(false)];
  return {
    ...completed,
    pointwise,
    norm: (x, scale, bias, isActive) => (isActive ? active : plain)(x, scale, bias),
  };
}

const layersOf = { cpu: ownLayers, wasm: completedLayers, "wasm-hand": layersByHand };

/** Parameters are made in the order in which the net asks for them, and found in that order again. */
function network(tf, layers, width) {
  const parameters = [];
  let next = 0;
  const parameter = (shape, initial) => {
    if (next === parameters.length) parameters.push(tf.keep(initial(shape)));
    return parameters[next++];
  };
  const he = (shape, fanIn) =>
    parameter(shape, () => tf.randomNormal(shape, 0, Math.sqrt(2 / fanIn), "float32", next + 1));
  const norm = (x, isActive = true) => {
    const channels = x.shape[3];
    return layers.norm(x, parameter([channels], tf.ones), parameter([channels], tf.zeros), isActive);
  };
  const pointwise = (x, outputs) => layers.pointwise(x, he([1, 1, x.shape[3], outputs], x.shape[3]));
  const residual = (x, outputs, stride, expansion) => {
    const widened = expansion > 1 ? norm(pointwise(x, x.shape[3] * expansion)) : x;
    const inner = norm(layers.depthwise(widened, he([3, 3, widened.shape[3], 1], 9), stride));
    const narrow = norm(pointwise(inner, outputs), false);
    return stride === 1 && x.shape[3] === outputs ? tf.add(x, narrow) : narrow;
  };
  const forward = (given, pictures) => {
    next = 0;
    if (given !== parameters) parameters.splice(0, parameters.length, ...given);
    let x = norm(layers.stem(pictures, he([3, 3, 3, channelsOf(32 * width)], 27)));
    for (const [expansion, base, blocks, first] of stages) {
      for (let block = 0; block < blocks; block++) {
        x = residual(x, channelsOf(base * width), block === 0 ? first : 1, expansion);
      }
    }
    x = norm(pointwise(x, channelsOf(1280 * Math.max(1, width))));
    const pooled = tf.reshape(tf.avgPool(x, x.shape.slice(1, 3), 1, "valid"), [-1, x.shape[3]]);
    const weights = he([pooled.shape[1], classes], pooled.shape[1]);
    return tf.add(tf.matMul(pooled, weights), parameter([classes], tf.zeros));
  };
  return { parameters, forward };
}

async function main([folder, backend, ...sizes]) {
  const [width, side, batch] = sizes.map(Number);
  const require = createRequire(join(folder, "package.json"));
  const tf = require("@tensorflow/tfjs");
  if (backend !== "cpu") require("@tensorflow/tfjs-backend-wasm");
  await tf.setBackend(backend === "cpu" ? "cpu" : "wasm");
  await tf.ready();
  const { parameters, forward } = network(tf, layersOf[backend](tf), width);
  const pictures = tf.randomUniform([batch, side, side, 3], 0, 1, "float32", 1);
  const targets = tf.oneHot(
    tf.tensor1d(
      Array.from({ length: batch }, (_, index) => index % classes),
      "int32",
    ),
    classes,
  );
  const loss = (...values) => {
    const logits = forward(values, pictures);
    return tf.neg(tf.mean(tf.sum(tf.mul(tf.cast(targets, "float32"), tf.logSoftmax(logits)), 1)));
  };
  tf.tidy(() => void forward(parameters, pictures));
  const gradients = tf.valueAndGrads(loss);
  let current = [...parameters];
  let velocities = current.map((value) => tf.zerosLike(value));
  const step = () => {
    const { value, next, moved } = tf.tidy(() => {
      const { value, grads } = gradients(current);
      const moved = grads.map((gradient, index) =>
        tf.add(tf.mul(velocities[index], 0.9), tf.add(gradient, tf.mul(current[index], 1e-4))),
      );
      return { value, next: current.map((weights, index) => tf.sub(weights, tf.mul(moved[index], 0.01))), moved };
    });
    tf.dispose([current, velocities]);
    [current, velocities] = [next, moved];
    const [result] = value.dataSync();
    value.dispose();
    return result;
  };
  for await (const line of createInterface({ input: process.stdin })) {
    const times = [];
    let lossNow = 0;
    for (let count = 0; count < Number(line); count++) {
      const start = performance.now();
      lossNow = step();
      times.push(performance.now() - start);
    }
    console.log(JSON.stringify({ version: tf.version.tfjs, times, loss: lossNow }));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
