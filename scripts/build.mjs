/** `npm run build`: installs the packages when they changed, then builds all of it, always. */
import { requireNodeVersion } from "./node-version.mjs";

requireNodeVersion("npm run build");
import("./prepare.mjs").then((prepare) => prepare.endWith(() => prepare.prepare({ build: "always" })));
