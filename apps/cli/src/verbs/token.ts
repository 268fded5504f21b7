/** `sightline token create|list|revoke`. */
import { Role } from "@sightline/api/people";
import { type Command, Option } from "commander";
import { CliError } from "../cli-error.js";
import { realNumber, words } from "../flag-values.js";
import { findToken } from "../named-things.js";
import { table } from "../outcome.js";
import { type ConnectionOptions, connect, withConnection } from "../server-connection.js";
import { type Act, type Context, withJson } from "../verb.js";

export function register(command: Command, act: Act): void {
  withJson(withConnection(command.command("create")))
    .description("Create a token. Its secret is shown once and kept nowhere.")
    .argument("<name>", "what it is for")
    .addOption(
      new Option("--role <role>", "what it may do").choices(Role.options).default("device").makeOptionMandatory(),
    )
    .option("--camera <camera_ids>", "device: the cameras it may send for, with commas between", words)
    .option("--expires-in-days <days>", "default: never", realNumber(0.001, 3650))
    .action(act(create));
  withJson(withConnection(command.command("list")))
    .description("List the tokens, without their secrets.")
    .action(act(list));
  withJson(withConnection(command.command("revoke")))
    .description("Revoke a token: from then on it is refused.")
    .argument("<token_name>", "name or id")
    .action(act(revoke));
}

interface CreateOptions extends ConnectionOptions {
  readonly role: Role;
  readonly camera?: string[];
  readonly expiresInDays?: number;
}

async function create(context: Context, name: string, options: CreateOptions) {
  const cameraIds = options.camera ?? [];
  if (options.role === "device" && cameraIds.length === 0) {
    throw new CliError(
      "USAGE",
      "A device's token names its cameras: add --camera CAMERA_ID, or choose another --role.",
    );
  }
  if (options.role !== "device" && cameraIds.length > 0) {
    throw new CliError("USAGE", `--camera goes with --role device only, got --role ${options.role}.`);
  }
  const client = await connect(options, context);
  const token = await client.call("createToken", {
    body: { name, role: options.role, cameraIds, expiresInDays: options.expiresInDays ?? null },
    signal: context.signal,
  });
  context.note(`Token "${token.name}" (${token.role}). Keep the secret now, it is not shown again:`);
  return { text: token.secret, json: token };
}

async function list(context: Context, options: ConnectionOptions) {
  const client = await connect(options, context);
  const { items } = await client.call("listTokens", { signal: context.signal });
  const titles = ["name", "role", "cameras", "state", "expires", "last used", "id"];
  const rows = items.map((one) => [
    one.name,
    one.role,
    one.cameraIds.join(",") || "–",
    one.revokedAt === null ? "usable" : "revoked",
    one.expiresAt ?? "never",
    one.lastUsedAt ?? "never",
    one.id,
  ]);
  return { text: items.length === 0 ? "no tokens yet" : table(titles, rows), json: { items } };
}

async function revoke(context: Context, nameOrId: string, options: ConnectionOptions) {
  const client = await connect(options, context);
  const token = await findToken(client, nameOrId);
  await client.call("revokeToken", { params: { tokenId: token.id }, signal: context.signal });
  return { text: `revoked token ${token.name}`, json: { revoked: { id: token.id, name: token.name } } };
}
