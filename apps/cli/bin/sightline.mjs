#!/usr/bin/env node
// The committed entry of the command line: npm links only a bin whose file exists at install, before anything is built.
import { existsSync } from "node:fs";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`sightline needs Node.js 20.19 or newer, this is ${process.version}. See https://nodejs.org/\n`);
  process.exit(2);
}
const main = new URL("../dist/main.js", import.meta.url);
if (!existsSync(main)) {
  process.stderr.write(
    "sightline is not built yet. Run `npm start` (or `npm run build`) in the repository once, then try again.\n",
  );
  process.exit(2);
}
await import(main.href);
