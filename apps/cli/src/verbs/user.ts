/** `sightline user link`: a way into the browser pages for a person. */
import { userInfo } from "node:os";
import { UserRole } from "@sightline/api/people";
import { type Command, Option } from "commander";
import { realNumber } from "../flag-values.js";
import { type ConnectionOptions, connect, withConnection } from "../server-connection.js";
import { type Act, type Context, withJson } from "../verb.js";

export function register(command: Command, act: Act): void {
  withJson(withConnection(command.command("link")))
    .description("Make a sign-in link that works once.")
    .argument("[name]", "the person; default: the name of this machine's user")
    .addOption(new Option("--role <role>", "what the person may do").choices(UserRole.options).default("admin"))
    .option("--expires-in-minutes <minutes>", "how long the link can be used", realNumber(0.1, 60 * 24 * 7), 60)
    .action(act(link));
}

interface LinkOptions extends ConnectionOptions {
  readonly role: UserRole;
  readonly expiresInMinutes: number;
}

async function link(context: Context, name: string | undefined, options: LinkOptions) {
  const client = await connect(options, context);
  const made = await client.call("createSignInLink", {
    body: { name: name ?? userInfo().username, role: options.role, expiresInMinutes: options.expiresInMinutes },
    signal: context.signal,
  });
  context.note(`Works once, until ${made.expiresAt}:`);
  return { text: made.url, json: made };
}
