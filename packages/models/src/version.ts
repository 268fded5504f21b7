/** The version of Sightline that models are stamped with: the one in this package's package.json. */
import { readFileSync } from "node:fs";

const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");

export const sightlineVersion: string = (JSON.parse(text) as { version: string }).version;
