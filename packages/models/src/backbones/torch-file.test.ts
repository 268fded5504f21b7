import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { seededRandom } from "@sightline/dataset/seeded-random";
import { ModelError } from "../model-error.js";
import { readTorchWeights } from "./torch-file.js";

const file = join(import.meta.dirname, "../../src/backbones/torch-file.fixture.json");
const fixture = JSON.parse(readFileSync(file, "utf8")) as Record<"legacy" | "zip" | "whole model", string>;
const bytesOf = (name: keyof typeof fixture): Uint8Array => new Uint8Array(Buffer.from(fixture[name], "base64"));

const refused = { name: "ModelError", code: "BACKBONE_SOURCE_INVALID" } as const;

describe("weights that PyTorch saved", () => {
  for (const form of ["legacy", "zip"] as const)
    test(`are read from the ${form} form: any order in memory, halves and doubles; whole numbers are left out`, () => {
      const weights = readTorchWeights(bytesOf(form));
      assert.deepEqual(
        [...weights].map(([name, { dims }]) => [name, ...dims]),
        [
          ["plain", 2, 3, 4],
          ["turned", 4, 2, 3],
          ["part", 3, 4],
          ["half", 3],
          ["double", 1],
          ["scalar"],
          ["parameter", 2],
        ],
      );
      const numbers = (name: string): number[] => Array.from(weights.get(name)?.data ?? [], Number);
      const plain = Array.from({ length: 24 }, (_, i) => i / 8);
      assert.deepEqual(numbers("plain"), plain);
      assert.deepEqual(numbers("part"), plain.slice(12));
      const [depth, rows, columns] = [4, 2, 3];
      const turned = Array.from({ length: 24 }, (_, i) => {
        const [d, r, c] = [Math.floor(i / (rows * columns)), Math.floor(i / columns) % rows, i % columns];
        return plain[(r * columns + c) * depth + d];
      });
      assert.deepEqual(numbers("turned"), turned);
      assert.deepEqual(numbers("half"), [0.5, -2, 65504]);
      assert.deepEqual(numbers("double"), [Math.fround(1e-3)]);
      assert.deepEqual([numbers("scalar"), numbers("parameter")], [[7], [1, 2]]);
    });

  test("are refused where a whole model was saved, for that would have to run its code", () => {
    assert.throws(() => readTorchWeights(bytesOf("whole model")), {
      ...refused,
      message: /asks for "torch\.nn\.modules\.linear\.Linear".*torch\.save\(model\.state_dict\(\), file\)/,
    });
  });

  test("never run what a pickle asks for", () => {
    // What `pickle.dumps` makes of an object whose __reduce__ is (os.system, ("…",)).
    const evil = Buffer.from("\x80\x02cposix\nsystem\nq\x00X\x04\x00\x00\x00trueq\x01\x85q\x02Rq\x03.", "latin1");
    assert.throws(() => readTorchWeights(evil), { ...refused, message: /asks for "posix\.system"/ });
    for (const callee of ["builtins\neval", "torch\nload", "collections\ndefaultdict"])
      assert.throws(() => readTorchWeights(Buffer.from(`\x80\x02c${callee}\n.`, "latin1")), refused);
  });

  test("are refused, and the memory kept, where a pickle nests or repeats without end", () => {
    const marks = new Uint8Array(3_000_000).fill(0x28);
    assert.throws(() => readTorchWeights(marks), { ...refused, message: /nests deeper/ });
    const nothing = new Uint8Array(3_000_000);
    for (let i = 0; i < nothing.length; i += 2) nothing.set([0x80, 2], i);
    assert.throws(() => readTorchWeights(nothing), { ...refused, message: /more than 2000000 operations|cut off/ });
  });

  test("are refused with a reason wherever the file is cut, and never misread where a byte is wrong", () => {
    const random = seededRandom(1);
    for (const form of ["legacy", "zip"] as const) {
      const whole = bytesOf(form);
      for (let length = 0; length < whole.length; length += 7)
        assert.throws(() => readTorchWeights(whole.slice(0, length)), refused, `${form}, ${length} bytes`);
      for (let trial = 0; trial < 500; trial++) {
        const damaged = whole.slice();
        damaged[random.index(damaged.length)] = random.index(256);
        try {
          readTorchWeights(damaged);
        } catch (error) {
          assert.ok(error instanceof ModelError, `${form}, trial ${trial}: ${String(error)}`);
        }
      }
    }
  });
});
