/** `npm test`: everything that CI checks, from formatting to the whole product. */
import { requireNodeVersion } from "./node-version.mjs";

requireNodeVersion("npm test");
// Loaded only now: an old Node.js could not even parse it.
import("./check.mjs").then((check) => check.main());
