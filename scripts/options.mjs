/** Reads the options of `npm start` and `npm test`; a wrong one names the nearest, one that npm took away says the right command. */

/** The command was typed wrongly; its message says what to type. */
export class UsageError extends Error {
  exitCode = 2;
}

/**
 * @param argv what follows the script's name
 * @param table option name → { value: "DIR" or undefined for a switch, check?: (text) => error text or undefined }
 * @param command as people type it: `npm start`
 */
export function parseOptions(argv, table, command, env = process.env) {
  refuseTakenByNpm(argv, table, command, env);
  const options = {};
  const names = Object.keys(table);
  const words = [...argv];
  while (words.length > 0) {
    const word = words.shift();
    const [flag, inline] = word.startsWith("--") ? splitOnce(word.slice(2)) : [undefined, undefined];
    const known = flag === undefined ? undefined : table[flag];
    if (known === undefined) {
      const guess = nearest(flag ?? word, names);
      throw new UsageError(
        `${command} does not know "${word}".${guess === undefined ? "" : ` Did you mean --${guess}?`} It knows: ${usage(table)}.`,
      );
    }
    if (known.value === undefined) {
      if (inline !== undefined) throw new UsageError(`--${flag} takes no value, got "${inline}".`);
      options[flag] = true;
      continue;
    }
    const value = inline ?? words.shift() ?? "";
    if (value === "" || (inline === undefined && value.startsWith("--"))) {
      throw new UsageError(`--${flag} needs a value: --${flag} ${known.value}.`);
    }
    const wrong = known.check?.(value);
    if (wrong !== undefined) throw new UsageError(`--${flag} ${wrong}, got "${value}".`);
    options[flag] = value;
  }
  return options;
}

export function usage(table) {
  return Object.entries(table)
    .map(([name, { value }]) => (value === undefined ? `--${name}` : `--${name} ${value}`))
    .join(", ");
}

/** `npm start --port 9` gives the option to npm, which hands it over as npm_config_port and the 9 as a stray word. */
function refuseTakenByNpm(argv, table, command, env) {
  if (env.npm_lifecycle_event === undefined) return;
  const taken = Object.keys(table).filter((name) => env[`npm_config_${name.replaceAll("-", "_")}`] !== undefined);
  if (taken.length === 0) return;
  const strays = argv.filter((word) => !word.startsWith("-"));
  const words = taken.map((name) => {
    if (table[name].value === undefined) return `--${name}`;
    const got = env[`npm_config_${name.replaceAll("-", "_")}`];
    return `--${name} ${got === "true" || got === "" ? (strays.shift() ?? table[name].value) : got}`;
  });
  const kept = argv.filter((word) => word.startsWith("-"));
  throw new UsageError(
    `npm took ${taken.map((name) => `--${name}`).join(", ")} for itself. Put -- in front of the options:\n  ${command} -- ${[...words, ...kept].join(" ")}`,
  );
}

function splitOnce(text) {
  const at = text.indexOf("=");
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function nearest(word, names) {
  const ranked = names.map((name) => ({ name, distance: editDistance(word.replace(/^-+/, ""), name) }));
  ranked.sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best !== undefined && best.distance <= Math.max(1, Math.floor(best.name.length / 2)) ? best.name : undefined;
}

function editDistance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}
