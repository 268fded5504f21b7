/** `sightline upload`: sends every picture of a folder through the signed upload, as a camera would. */
import { readdir, readFile } from "node:fs/promises";
import { join, parse, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { createClient } from "@sightline/client/client";
import { uploadImage } from "@sightline/client/upload";
import type { Command } from "commander";
import { CliError, problemOf } from "../cli-error.js";
import { realNumber } from "../flag-values.js";
import { counted } from "../outcome.js";
import { type Act, type Context, withJson } from "../verb.js";

export function register(command: Command, act: Act): void {
  withJson(command)
    .description("Send every picture of a folder to a server as one camera, with a pause after each.")
    .argument("<directory>", "folder of JPEG and PNG files")
    .argument("<camera_id>", "the camera that the pictures come from")
    .argument("<assembly_line_id>", "the line that it looks at")
    .argument("<endpoint>", "address of the server, such as http://127.0.0.1:8080")
    .argument("<token>", "a token that may send for the camera")
    .argument("<seconds>", "pause after each picture", realNumber(0, 86_400))
    .addHelpText("after", "\nThe exit code is 1 when any picture failed. A refused signature counts as failed.")
    .action(act(upload));
}

async function upload(
  context: Context,
  directory: string,
  cameraId: string,
  lineId: string,
  endpoint: string,
  token: string,
  seconds: number,
) {
  if (!/^https?:\/\/[^/\s]/i.test(endpoint)) {
    throw new CliError("USAGE", `The endpoint must be an address such as http://127.0.0.1:8080, got "${endpoint}".`);
  }
  // A copied endpoint often still ends with the path of the call.
  const client = createClient({ url: endpoint.replace(/\/getsignedurl\/?$/i, ""), token });
  const names = await pictureNames(resolve(directory));
  const failures: { file: string; code: string; message: string }[] = [];
  let uploaded = 0;
  for (const [index, name] of names.entries()) {
    try {
      const bytes = await readFile(join(directory, name));
      await uploadImage(client, { cameraId, lineId, imageId: imageIdOf(name), bytes }, { signal: context.signal });
      uploaded++;
    } catch (error) {
      context.signal.throwIfAborted();
      const { code, message } = problemOf(error);
      failures.push({ file: name, code, message });
      context.note(`${name}: ${message}`);
    }
    context.progress.report((index + 1) / names.length, `picture ${index + 1} of ${names.length}`);
    if (index + 1 < names.length) await pause(seconds * 1000, undefined, { signal: context.signal });
  }
  const failed = failures.length;
  return {
    text: `uploaded ${uploaded}\nfailed ${failed}`,
    json: { uploaded, failed, failures },
    error:
      failed === 0
        ? undefined
        : {
            code: "UPLOADS_FAILED",
            message: `${failed} of ${counted(names.length, "picture")} could not be uploaded.`,
          },
  };
}

async function pictureNames(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile() && /\.(jpe?g|png)$/i.test(entry.name)).map(({ name }) => name);
  if (names.length > 0) return names.sort();
  throw new CliError(
    "NO_PICTURES",
    `"${directory}" holds no file ending in .jpg, .jpeg or .png. Name a folder of pictures.`,
  );
}

/** The file's name without its ending, with what an image id may not hold replaced. */
function imageIdOf(fileName: string): string {
  const id = parse(fileName)
    .name.replace(/[^A-Za-z0-9._:-]/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, 128);
  return id === "" ? "picture" : id;
}
