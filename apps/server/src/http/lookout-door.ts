/** The door of the Lookout for Vision API: its addresses, its bodies as they come (their bytes are signed) and its own form of errors. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { errors } from "../errors.js";
import type { PartlyChecked } from "../lookout/caller.js";
import type { Lookout, WireAnswer } from "../lookout/lookout.js";
import { apiVersion } from "../lookout/operations.js";
import type { SignedRequest } from "../lookout/sigv4.js";

/** 10 MiB of changes in base64 inside JSON. */
const MAX_BODY_BYTES = 15 * 1024 * 1024;

export interface LookoutDoorDeps {
  readonly lookout: Lookout;
  /** Counts a refused credential of this sender; throws when there were too many. */
  readonly countRefusal: (request: FastifyRequest) => Promise<void>;
}

export async function addLookoutDoor(app: FastifyInstance, { lookout, countRefusal }: LookoutDoorDeps): Promise<void> {
  await app.register(async (scope) => {
    const admitted = new WeakMap<FastifyRequest, PartlyChecked>();
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
    scope.setErrorHandler((error, _request, reply) => send(reply, lookout.refuse(wordsOf(error))));
    scope.route({
      method: ["GET", "POST", "PUT", "PATCH", "DELETE"],
      url: `/${apiVersion}/*`,
      exposeHeadRoute: false,
      bodyLimit: MAX_BODY_BYTES,
      // Unknown keys and stale clocks are refused before anything of a body is read.
      onRequest: async (request) => {
        try {
          admitted.set(request, await lookout.admit(signed(request)));
        } catch (error) {
          await countRefusal(request);
          throw error;
        }
      },
      handler: async (request, reply) => {
        const credential = admitted.get(request);
        if (credential === undefined) throw new Error("A request came past the gate.");
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        const answer = await lookout.answer(signed(request), credential, body);
        if (answer.status === 403) await countRefusal(request);
        return send(reply, answer);
      },
    });
  });
}

/** The address as it was sent: Fastify's own is decoded. */
const signed = ({ method, raw, headers }: FastifyRequest): SignedRequest => ({ method, url: raw.url ?? "", headers });

function send(reply: FastifyReply, { status, headers, body }: WireAnswer): FastifyReply {
  reply.header("x-amzn-requestid", reply.request.id).header("cache-control", "no-store");
  return reply.code(status).headers(headers).type("application/json").send(body);
}

/** A body that is too large is the sender's mistake, not ours. */
function wordsOf(error: unknown): unknown {
  const status = error instanceof Error && "statusCode" in error ? error.statusCode : undefined;
  if (typeof status !== "number" || status >= 500 || !(error instanceof Error)) return error;
  return errors.badRequest({ problem: error.message }, { cause: error });
}
