/** `npm start`: installs and builds what has changed, then runs the service until it is told to stop. */
import { requireNodeVersion } from "./node-version.mjs";

requireNodeVersion("npm start");
// Loaded only now: an old Node.js could not even parse it.
import("./service.mjs").then((service) => service.main());
