/** MobileNetV2 (Sandler et al. 2018) from our own layers, as the training benchmark's network; not a workload itself. */

/** Expansion, channels, blocks, stride of the first. */
export const stages = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
];

export const classes = 10;

/** Channels are multiples of 8, never less than 90 % of what the width says. */
export function channelsOf(wanted) {
  const rounded = Math.max(8, Math.floor((wanted + 4) / 8) * 8);
  return rounded < 0.9 * wanted ? rounded + 8 : rounded;
}

export function mobileNetV2(layers, width) {
  return (net, { pictures }) => {
    let x = layers.convNorm(net, pictures, { name: "stem", channels: channelsOf(32 * width), stride: 2 });
    let count = 0;
    for (const [expansion, base, blocks, first] of stages) {
      for (let block = 0; block < blocks; block++) {
        const stride = block === 0 ? first : 1;
        const channels = channelsOf(base * width);
        x = layers.invertedResidual(net, x, { name: `block${++count}`, channels, expansion, stride });
      }
    }
    x = layers.pointwise(net, x, { name: "head", channels: channelsOf(1280 * Math.max(1, width)) });
    const pooled = layers.globalAveragePool(net, x, { name: "pool" });
    return { logits: layers.linear(net, pooled, { name: "classifier", outputs: classes }) };
  };
}

/** Definition for `@sightline/nn`'s training: pictures of this side, one-hot targets. */
export function definition({ layers, losses, width, side }) {
  return {
    inputs: {
      pictures: { type: "float32", dims: ["N", 3, side, side] },
      targets: { type: "float32", dims: ["N", classes] },
    },
    model: mobileNetV2(layers, width),
    loss: (net, { logits }, { targets }) => ({ loss: losses.crossEntropy(net, logits, targets, { name: "loss" }) }),
  };
}
