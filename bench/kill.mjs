/** `npm run bench -- kill`: the server killed 50 times at random instants while eight cameras send; `--rounds=N` and `--seed=N` choose others. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { killRounds } from "../tests/kill-rounds.mjs";

export const asks =
  "kill -9 of the server at random instants, also while it starts: every picture answered with 200 is inspected exactly once";

export async function run({ say, args = [] }) {
  const number = (name) => {
    const found = args.find((arg) => arg.startsWith(`--${name}=`));
    return found === undefined ? undefined : Number(found.slice(name.length + 3));
  };
  const rounds = number("rounds") ?? 50;
  const seed = number("seed");
  const folder = mkdtempSync(join(tmpdir(), "sightline-kill-"));
  try {
    const result = await killRounds({ folder, rounds, say, ...(seed === undefined ? {} : { seed }) });
    const { answered, kills, killsWhileStarting, wrong, unfinished, damaged, mails, alerts, integrity } = result;
    const isWhole = wrong.length === 0 && unfinished === 0 && damaged.length === 0 && integrity === "ok";
    return [
      {
        what: `pictures answered, then not inspected exactly once (${kills} kills while running, ${killsWhileStarting} while starting, seed ${result.seed})`,
        asked: "0",
        measured: `${wrong.length} of ${answered}`,
        isMet: isWhole && answered > 0 && kills === rounds,
      },
      { what: "mails stored for defects", asked: `${alerts}`, measured: `${mails}`, isMet: mails === alerts },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
