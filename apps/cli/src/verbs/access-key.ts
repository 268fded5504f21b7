/** `sightline access-key create|list|revoke`: what programs sign requests to the Lookout for Vision API with. */
import type { Command } from "commander";
import { findAccessKey } from "../named-things.js";
import { table } from "../outcome.js";
import { type ConnectionOptions, connect, withConnection } from "../server-connection.js";
import { type Act, type Context, withJson } from "../verb.js";

export function register(command: Command, act: Act): void {
  withJson(withConnection(command.command("create")))
    .description("Create an access key for a person's programs. Its secret is shown once.")
    .argument("<user_name>", "whose programs; the key may do what this person may")
    .action(act(create));
  withJson(withConnection(command.command("list")))
    .description("List the access keys, without their secrets.")
    .action(act(list));
  withJson(withConnection(command.command("revoke")))
    .description("Revoke an access key: from then on its signatures are refused.")
    .argument("<access_key_id>", "the key's id")
    .action(act(revoke));
}

async function create(context: Context, userName: string, options: ConnectionOptions) {
  const client = await connect(options, context);
  const key = await client.call("createAccessKey", { body: { userName }, signal: context.signal });
  context.note(`Access key of ${key.userName} (${key.role}). Keep the secret now, it is not shown again:`);
  const text = `AWS_ACCESS_KEY_ID=${key.accessKeyId}\nAWS_SECRET_ACCESS_KEY=${key.secretAccessKey}`;
  return { text, json: key };
}

async function list(context: Context, options: ConnectionOptions) {
  const client = await connect(options, context);
  const { items } = await client.call("listAccessKeys", { signal: context.signal });
  const titles = ["access key", "person", "role", "state", "last used"];
  const rows = items.map((one) => [
    one.accessKeyId,
    one.userName,
    one.role,
    one.revokedAt === null ? "usable" : "revoked",
    one.lastUsedAt ?? "never",
  ]);
  return { text: items.length === 0 ? "no access keys yet" : table(titles, rows), json: { items } };
}

async function revoke(context: Context, accessKeyId: string, options: ConnectionOptions) {
  const client = await connect(options, context);
  const key = await findAccessKey(client, accessKeyId);
  await client.call("revokeAccessKey", { params: { keyId: key.id }, signal: context.signal });
  return { text: `revoked access key ${key.accessKeyId}`, json: { revoked: { accessKeyId: key.accessKeyId } } };
}
