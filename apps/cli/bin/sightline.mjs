#!/usr/bin/env node
// The committed entry of the command line: npm links only a bin whose file exists at install, before anything is built.
import { existsSync } from "node:fs";

const main = new URL("../dist/main.js", import.meta.url);
if (!existsSync(main)) {
  process.stderr.write(
    "sightline is not built yet. Run `npm start` (or `npm run build`) in the repository once, then try again.\n",
  );
  process.exit(2);
}
await import(main.href);
