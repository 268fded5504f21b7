/** Lets in whoever may read the data folder: a token for the command line on this machine, new at each start. */
import { closeSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Credentials } from "./credentials.js";

/** The command line looks for this name in the data folder. */
export const LOCAL_ADMIN_TOKEN_FILE = "local-admin-token";

/**
 * Issues an admin token and writes it into the data folder, readable by the server's own user only: that user can read
 * and change every record anyway.
 * @returns what takes both away again.
 */
export function openLocalAdminDoor(dataFolder: string, credentials: Credentials): { close(): void } {
  const token = credentials.issueInternalToken({ name: "Command line on the server", role: "admin", cameraIds: [] });
  const file = join(dataFolder, LOCAL_ADMIN_TOKEN_FILE);
  const unfinished = `${file}.${process.pid}.tmp`;
  rmSync(unfinished, { force: true });
  // A file of its own and a rename: the mode of one that lay there before, or a link, would stay.
  const handle = openSync(unfinished, "wx", 0o600);
  try {
    writeSync(handle, `${token.secret}\n`);
  } finally {
    closeSync(handle);
  }
  renameSync(unfinished, file);
  return {
    close() {
      token.withdraw();
      rmSync(file, { force: true });
    },
  };
}
