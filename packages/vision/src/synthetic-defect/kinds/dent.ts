/** The surface pushed, pinched or twisted: dents, bulges, bent and misplaced details. */
import { beneath, between, type DefectKind } from "../defect-kind.js";
import { blob } from "../shapes.js";

export const dent: DefectKind = (order) => {
  const { random, picture } = order;
  const size = Math.max(order.size, Math.min(picture.width, picture.height) * 0.05);
  const shape = blob(random, size, { elongation: between(random, 1, 2), raggedness: 0.2, feather: size * 0.3 });
  const { width, height, opacity } = shape;
  const left = Math.round(order.x - width / 2);
  const top = Math.round(order.y - height / 2);
  const below = beneath(picture, left, top, width, height);
  const pinch = between(random, -0.6, 0.6);
  const twist = between(random, -1, 1);
  const turn = random() * 2 * Math.PI;
  const push = size * between(random, 0, 0.4);
  const data = new Uint8Array(below.data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const amount = opacity[y * width + x] as number;
      const [dx, dy] = [x - width / 2, y - height / 2];
      const angle = twist * amount;
      const zoom = 1 - pinch * amount;
      const u = width / 2 + zoom * (Math.cos(angle) * dx - Math.sin(angle) * dy) + amount * push * Math.cos(turn);
      const v = height / 2 + zoom * (Math.sin(angle) * dx + Math.cos(angle) * dy) + amount * push * Math.sin(turn);
      sample(below.data, width, height, u, v, data, (y * width + x) * 3);
    }
  }
  // The pixels moved fade by themselves at the rim, where the movement ends.
  return { left, top, image: { width, height, data }, opacity: opacity.map((value) => (value > 0.02 ? 1 : 0)) };
};

/** Bilinear; beyond the edges the last pixel goes on. */
function sample(from: Uint8Array, width: number, height: number, u: number, v: number, to: Uint8Array, at: number) {
  const x = Math.min(Math.max(u, 0), width - 1.001);
  const y = Math.min(Math.max(v, 0), height - 1.001);
  const place = (Math.floor(y) * width + Math.floor(x)) * 3;
  const [dx, dy] = [x - Math.floor(x), y - Math.floor(y)];
  for (let c = 0; c < 3; c++) {
    const upper = (from[place + c] as number) * (1 - dx) + (from[place + 3 + c] as number) * dx;
    const lower = (from[place + width * 3 + c] as number) * (1 - dx) + (from[place + width * 3 + 3 + c] as number) * dx;
    to[at + c] = Math.round(upper * (1 - dy) + lower * dy);
  }
}
