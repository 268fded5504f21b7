/** What the student imitates: a pretrained network's local statistics, each place of the picture a vector of comparable numbers. */
import type { Graph } from "@sightline/nn/graph";
import type { GraphBuilder } from "@sightline/nn/graph-builder";
import { normal, randomStream } from "@sightline/nn/random";
import { floatTensor } from "@sightline/nn/tensor";
import type { Image } from "@sightline/vision/image";
import { type Backbone, tapOf } from "../backbone-description.js";
import { extract } from "../feature-extraction.js";
import { backboneOnPixels } from "../pixel-input.js";

/** Pixels along each side of a place in the maps. */
export const placeStride = 16;
/** Numbers that a place's features are projected to. */
export const taughtChannels = 128;
/** The backbone's finest map that still knows textures and edges: README.md says what was measured. */
const tapStride = 8;
/** Good pictures that the channels' means and deviations are taken from. */
const measuredPictures = 40;

/** A network of `image` `[N, 3, size, size]`, 0–255; its one output is `[N, taughtChannels, size / 16, size / 16]`. */
export interface Teacher {
  readonly graph: Graph;
}

export interface TeacherOptions {
  readonly backbone: Backbone;
  readonly size: number;
  readonly seed: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Channels are divided by their deviation over good pictures and projected by chance, which keeps distances about as they
 * are (Johnson and Lindenstrauss 1984); all together vary as much as `taughtChannels` numbers of deviation 1.
 *
 * @param normals good pictures
 */
export async function openTeacher(normals: readonly Image[], options: TeacherOptions): Promise<Teacher> {
  const { size, seed } = options;
  const step = Math.max(1, Math.floor(normals.length / measuredPictures));
  const { builder: measuring, features: measured } = localStatistics(options);
  measuring.output(measured);
  const channels = Number(measuring.dims(measured)[1]);
  const places = (size / placeStride) ** 2;
  const [sum, squares] = [new Float64Array(channels), new Float64Array(channels)];
  const images = normals.filter((_, i) => i % step === 0).slice(0, measuredPictures);
  await extract({
    ...options,
    // Sums must not depend on how many threads there are: a training goes on with another number of them.
    threads: 1,
    ...{ width: size, height: size, graph: measuring.build("teacher_statistics"), onProgress: () => {} },
    images: images.map((image) => () => image),
    onOutput: (_image, _flip, values) => {
      for (let c = 0; c < channels; c++)
        for (let i = c * places; i < (c + 1) * places; i++) {
          const value = values[i] as number;
          sum[c] = (sum[c] as number) + value;
          squares[c] = (squares[c] as number) + value * value;
        }
    },
  });
  const count = images.length * places;
  const mean = sum.map((value) => value / count);
  const deviation = squares.map((value, c) => Math.sqrt(Math.max(0, value / count - (mean[c] as number) ** 2)));
  const typical = deviation.reduce((total, value) => total + value, 0) / channels;
  const random = randomStream(seed, "teacher");
  const matrix = new Float32Array(taughtChannels * channels);
  const bias = new Float32Array(taughtChannels);
  for (let d = 0; d < taughtChannels; d++)
    for (let c = 0; c < channels; c++) {
      // A channel that hardly ever varies must not be blown up.
      const divisor = (deviation[c] as number) + 0.05 * typical + 1e-6;
      const weight = normal(random) / divisor / Math.sqrt(channels);
      matrix[d * channels + c] = weight;
      bias[d] = (bias[d] as number) - weight * (mean[c] as number);
    }
  const { builder, features } = localStatistics(options);
  const projection = [floatTensor([taughtChannels, channels, 1, 1], matrix), floatTensor([taughtChannels], bias)];
  builder.output(builder.add("Conv", [features, ...projection], {}, "taught"));
  return { graph: builder.build("teacher") };
}

/** Means and deviations over 6x6 places of the map: which texture there is, and how much it varies. */
function localStatistics({ backbone, size }: TeacherOptions): { builder: GraphBuilder; features: string } {
  const { name } = tapOf(backbone, { stride: tapStride, kind: "wide" });
  const builder = backboneOnPixels(backbone, { width: size, height: size, taps: [name] });
  const factor = placeStride / tapStride;
  const pooled = (map: string): string =>
    builder.add(
      "AveragePool",
      [
        factor === 1
          ? map
          : builder.add("AveragePool", [map], { kernel_shape: [factor, factor], strides: [factor, factor] }),
      ],
      { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [1, 1], count_include_pad: 0 },
    );
  const mean = pooled(name);
  const ofSquares = pooled(builder.add("Mul", [name, name]));
  const variance = builder.add("Relu", [builder.add("Sub", [ofSquares, builder.add("Mul", [mean, mean])])]);
  return { builder, features: builder.add("Concat", [mean, builder.add("Sqrt", [variance])], { axis: 1 }) };
}
