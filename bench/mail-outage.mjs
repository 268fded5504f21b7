/** `npm run bench -- mail-outage`: the mail server away for a minute, then refusing, then hanging, while defects come in; `--seconds=N` chooses another time. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SMTPServer } from "smtp-server";

export const asks = "the mail server down for 60 s: every mail arrives once it is back, none twice";

const root = join(import.meta.dirname, "..");
const load = (name) => import(join(root, name));
const defects = 60;

export async function run({ say = console.error, args = [] } = {}) {
  const given = args.find((arg) => arg.startsWith("--seconds="));
  const seconds = given === undefined ? 60 : Number(given.slice("--seconds=".length));
  const folder = mkdtempSync(join(tmpdir(), "sightline-mail-outage-"));
  const post = await openPost();
  const { openCore, addLine, playedModel, send, inspected, jpeg, verdict } = await load(
    "apps/server/dist/test-fixtures.js",
  );
  const core = await openCore(folder, {
    model: playedModel(() => verdict(0.9)),
    // The shipped pauses and patience, so that what is measured is what users have.
    config: { smtp: { url: `smtp://127.0.0.1:${post.port}` }, outbox: { backoffSeconds: 5 } },
  });
  try {
    const recipients = ["a@plant.example", "b@plant.example"];
    const { projectId, modelId } = await addLine(core, recipients);
    await core.store.write((tx) => tx.projects.change(projectId, { digestSeconds: 0 }));
    await core.deployments.start(modelId, "bench");
    say(`the mail server is away for ${seconds} s; ${defects} defects for ${recipients.length} recipients`);
    post.mood = "away";
    await post.close();
    const downAt = Date.now();
    for (let n = 0; n < defects; n++) {
      await inspected(core, await send(core, await jpeg(n), `part-${n}`));
      // Each third of the outage is another kind of trouble.
      const share = (Date.now() - downAt) / 1000 / seconds;
      if (share > 1 / 3 && post.mood === "away") await post.refuse();
      await sleep(Math.max(0, downAt + ((n + 1) * seconds * 600) / defects - Date.now()));
    }
    if (post.mood === "away") await post.refuse();
    await sleep(Math.max(0, downAt + seconds * 667 - Date.now()));
    await post.hang();
    await sleep(Math.max(0, downAt + seconds * 1000 - Date.now()));
    await post.open();
    say("it is back");
    const backAt = Date.now();
    const wanted = defects * recipients.length;
    while (Date.now() < backAt + 10 * 60_000) {
      const { pending } = await core.store.read.actions.countByStatus();
      if (pending === 0) break;
      await sleep(200);
    }
    const tookS = (Date.now() - backAt) / 1000;
    const { parked } = await core.store.read.actions.countByStatus();
    const arrived = new Set(post.mails);
    return [
      {
        what: `mails of ${defects} defects to ${recipients.length} recipients that arrived after ${seconds} s of a mail server away, refusing and hanging`,
        asked: `${wanted}`,
        measured: `${arrived.size}, the last ${tookS.toFixed(0)} s after it was back; ${parked} parked`,
        isMet: arrived.size === wanted && parked === 0,
      },
      {
        what: "mails that arrived twice",
        asked: "0",
        measured: `${post.mails.length - arrived.size}`,
        isMet: post.mails.length === arrived.size,
      },
    ];
  } finally {
    await core.close();
    await post.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One port, and behind it whatever mood the mail server is in. */
async function openPost() {
  const post = { port: 0, mails: [], mood: "open", close: async () => {}, refuse, hang, open };
  await open();
  return post;

  async function become(mood, server, port) {
    await post.close();
    const sockets = new Set();
    const net = server.server ?? server;
    net.on("connection", (socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => sockets.delete(socket));
    });
    await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
    post.port = net.address().port;
    post.mood = mood;
    post.close = () =>
      new Promise((resolve) => {
        post.close = async () => {};
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      });
  }

  function open() {
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ["STARTTLS"],
      onData(stream, _session, done) {
        let text = "";
        stream.on("data", (chunk) => {
          text += chunk.toString("latin1");
        });
        stream.on("end", () => {
          post.mails.push(/^Message-ID: (.*)$/im.exec(text)?.[1]?.trim());
          done();
        });
      },
    });
    return become("open", server, post.port);
  }

  function refuse() {
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ["STARTTLS"],
      onMailFrom: (_address, _session, done) => done(new Error("try again later")),
    });
    return become("refusing", server, post.port);
  }

  /** Takes the connection and never says a word. */
  function hang() {
    return become("hanging", createServer(), post.port);
  }
}
