/** What `npm start` does: options, free port, packages and build up to date, then the server as a child process. */
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { runChild } from "./child.mjs";
import { parseOptions } from "./options.mjs";
import { endWith, prepare, root, StepError } from "./prepare.mjs";

const table = {
  data: { value: "DIR" },
  port: {
    value: "N",
    check: (text) =>
      /^\d{1,5}$/.test(text) && Number(text) <= 65535 ? undefined : "must be a port number from 0 to 65535",
  },
  host: { value: "ADDRESS" },
  empty: {},
  help: {},
};

const help = `npm start [-- OPTIONS]

  --data DIR      where everything is kept (default: the folder "data" in the repository)
  --port N        the port to listen on (default: 8080, or as set in DIR/sightline.json; 0 takes a free one)
  --host ADDRESS  the address to listen on (default: 127.0.0.1: this machine only)
  --empty         set up no sample line
  --help          print this`;

export function main(argv = process.argv.slice(2)) {
  return endWith(async () => {
    const options = parseOptions(argv, table, "npm start");
    if (options.help) {
      console.log(help);
      return 0;
    }
    // npm changes into the repository; a relative folder is meant from where the person stood.
    const data = resolve(
      process.env.INIT_CWD ?? process.cwd(),
      options.data ?? process.env.SIGHTLINE_DATA ?? join(root, "data"),
    );
    const { host, port } = addressOf(options, data);
    // Asked before minutes of installing: the server would find the port in use only at the very end.
    await requireFreePort(host, port);
    await prepare({ say: console.error });
    const server = join(root, "apps/server/dist/main.js");
    if (!existsSync(server)) throw new StepError(`The build made no ${server}. Run: npm run build`, 1);
    const settings = Object.entries({ data, port: options.port, host: options.host }).filter(
      ([, value]) => value !== undefined,
    );
    const flags = settings.flatMap(([name, value]) => [`--${name}`, value]);
    return runChild(process.execPath, [server, ...flags, ...(options.empty ? ["--empty"] : [])]);
  });
}

/** Where the server will listen: only a guess for an early word, because what is wrong in the settings is the server's to say. */
function addressOf(options, data) {
  let file = {};
  try {
    file = JSON.parse(readFileSync(join(data, "sightline.json"), "utf8"));
  } catch {
    // No settings file, or one that the server will refuse.
  }
  const host = options.host ?? process.env.SIGHTLINE_HOST ?? file?.host ?? "127.0.0.1";
  const port = Number(options.port ?? process.env.SIGHTLINE_PORT ?? file?.port ?? 8080);
  return { host: String(host), port: Number.isInteger(port) && port >= 0 && port <= 65535 ? port : 0 };
}

function requireFreePort(host, port) {
  return new Promise((done, refuse) => {
    const probe = createServer();
    probe.once("error", (error) => refuse(new StepError(explain(error, host, port), 1)));
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => done()));
  });
}

function explain(error, host, port) {
  if (error.code === "EADDRINUSE") {
    const other = port < 65535 ? port + 1 : 8081;
    return `Port ${port} on ${host} is in use by another program, perhaps another Sightline. Stop it, or take another port: npm start -- --port ${other}`;
  }
  if (error.code === "EACCES")
    return `Port ${port} needs more rights than this user has. Take one above 1023: npm start -- --port 8080`;
  return `Cannot listen on ${host}, port ${port}: ${error.message}. Give an address of this machine with --host.`;
}
