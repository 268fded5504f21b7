/** Fills a hole in a field smoothly from its rim: Laplace's equation, as in Poisson blending (Pérez et al. 2003). */

/** Cells along the longer side; what is filled in is smooth, so that more would show nothing. */
const cells = 24;
const rounds = 60;

/**
 * `values` has three numbers for each of `width` x `height` places. Where `opacity` is over a half they are taken as
 * unknown, and found from those around. Gives smooth values for all places; known ones are averaged over a cell.
 */
export function membrane(values: ArrayLike<number>, opacity: Float32Array, width: number, height: number) {
  const cell = Math.max(1, Math.ceil(Math.max(width, height) / cells));
  const [columns, rows] = [Math.ceil(width / cell), Math.ceil(height / cell)];
  const coarse = new Float32Array(columns * rows * 3);
  const isKnown = new Uint8Array(columns * rows);
  const mean = [0, 0, 0];
  let knownCells = 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const place = row * columns + column;
      let count = 0;
      for (let y = row * cell; y < Math.min(height, (row + 1) * cell); y++) {
        for (let x = column * cell; x < Math.min(width, (column + 1) * cell); x++) {
          if ((opacity[y * width + x] as number) > 0.5) continue;
          count++;
          for (let c = 0; c < 3; c++)
            coarse[place * 3 + c] = (coarse[place * 3 + c] as number) + (values[(y * width + x) * 3 + c] as number);
        }
      }
      if (count === 0) continue;
      isKnown[place] = 1;
      knownCells++;
      for (let c = 0; c < 3; c++) {
        coarse[place * 3 + c] = (coarse[place * 3 + c] as number) / count;
        mean[c] = (mean[c] as number) + (coarse[place * 3 + c] as number);
      }
    }
  }
  for (let place = 0; place < isKnown.length; place++) {
    if (isKnown[place] === 1) continue;
    for (let c = 0; c < 3; c++) coarse[place * 3 + c] = (mean[c] as number) / Math.max(1, knownCells);
  }
  for (let round = 0; round < rounds; round++) relax(coarse, isKnown, columns, rows);
  return enlarged(coarse, columns, rows, cell, width, height);
}

/** One round of Gauss and Seidel, over-relaxed. */
function relax(coarse: Float32Array, isKnown: Uint8Array, columns: number, rows: number): void {
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const place = row * columns + column;
      if (isKnown[place] === 1) continue;
      const left = place - (column > 0 ? 1 : 0);
      const right = place + (column < columns - 1 ? 1 : 0);
      const above = place - (row > 0 ? columns : 0);
      const below = place + (row < rows - 1 ? columns : 0);
      for (let c = 0; c < 3; c++) {
        const at = place * 3 + c;
        const around =
          ((coarse[left * 3 + c] as number) +
            (coarse[right * 3 + c] as number) +
            (coarse[above * 3 + c] as number) +
            (coarse[below * 3 + c] as number)) /
          4;
        coarse[at] = (coarse[at] as number) + 1.6 * (around - (coarse[at] as number));
      }
    }
  }
}

function enlarged(
  coarse: Float32Array,
  columns: number,
  rows: number,
  cell: number,
  width: number,
  height: number,
): Float32Array {
  const out = new Float32Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const v = Math.min(Math.max((y + 0.5) / cell - 0.5, 0), rows - 1);
    const above = Math.floor(v) * columns;
    const below = Math.min(Math.floor(v) + 1, rows - 1) * columns;
    const dv = v - Math.floor(v);
    for (let x = 0; x < width; x++) {
      const u = Math.min(Math.max((x + 0.5) / cell - 0.5, 0), columns - 1);
      const left = Math.floor(u);
      const right = Math.min(left + 1, columns - 1);
      const du = u - left;
      for (let c = 0; c < 3; c++) {
        const upper =
          (coarse[(above + left) * 3 + c] as number) * (1 - du) + (coarse[(above + right) * 3 + c] as number) * du;
        const lower =
          (coarse[(below + left) * 3 + c] as number) * (1 - du) + (coarse[(below + right) * 3 + c] as number) * du;
        out[(y * width + x) * 3 + c] = upper * (1 - dv) + lower * dv;
      }
    }
  }
  return out;
}
