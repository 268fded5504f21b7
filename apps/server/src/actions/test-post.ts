/** For tests: a real mail server of their own, and its mails as a mail program reads them. */
import PostalMime, { type Email } from "postal-mime";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";

export interface Post {
  readonly url: string;
  readonly port: number;
  /** As they came. */
  readonly mails: string[];
  read(index: number): Promise<Email>;
  close(): Promise<void>;
}

/** @param options such as a server that refuses. @param port the same again for one that was away. */
export async function openPost(
  t: { after(work: () => Promise<void>): void },
  options: SMTPServerOptions = {},
  port = 0,
): Promise<Post> {
  const mails: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onData(stream, _session, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        mails.push(Buffer.concat(chunks).toString("latin1"));
        done();
      });
    },
    ...options,
  });
  // A client that hangs up in the middle is what some tests are about.
  server.on("error", () => {});
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  let isClosed = false;
  const close = async () => {
    if (isClosed) return;
    isClosed = true;
    await new Promise<void>((resolve) => server.close(resolve));
  };
  t.after(close);
  const address = server.server.address();
  const usedPort = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `smtp://127.0.0.1:${usedPort}`,
    port: usedPort,
    mails,
    read: (index) => PostalMime.parse(Buffer.from(mails[index] ?? "", "latin1")),
    close,
  };
}

export function header(mail: Email, name: string): string | undefined {
  return mail.headers.find(({ key }) => key === name.toLowerCase())?.value;
}
