/** The HTTP service: every row of the route table becomes a route here, with its checks before and its error form after. */
import { randomUUID } from "node:crypto";
import type { Readable } from "node:stream";
import cookie from "@fastify/cookie";
import rateLimit from "@fastify/rate-limit";
import websocket from "@fastify/websocket";
import type { Route } from "@sightline/api/route";
import { routes } from "@sightline/api/routes";
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from "fastify";
import { errors } from "../errors.js";
import type { Lookout } from "../lookout/lookout.js";
import type { AddressRules } from "./auth/address-rules.js";
import { admit, checkAddress, type GateDeps, isFromThisMachine } from "./auth/gate.js";
import { authenticate, type CredentialStore, hasCredential } from "./auth/identity.js";
import { checkValues } from "./checked-values.js";
import { replyWithError } from "./error-reply.js";
import { type Call, FileAnswer, type HandledRoute, type Handlers, RedirectAnswer } from "./handlers.js";
import type { LiveDoor } from "./live.js";
import { addLookoutDoor } from "./lookout-door.js";
import { setSecurityHeaders } from "./security-headers.js";
import { serveWeb } from "./static-web.js";

export interface AppDeps {
  readonly handlers: Handlers;
  readonly live: LiveDoor;
  readonly credentials: CredentialStore;
  readonly addresses: AddressRules;
  readonly lookout: Lookout;
  /** Told the status of each answer to an upload. */
  readonly countUpload: (status: number) => void;
  /** Folder of the built web app; a page that says how to build it is served when it is missing. */
  readonly webFolder: string;
  readonly maxImageBytes: number;
  readonly log: FastifyBaseLogger;
  readonly now: () => number;
}

const MAX_JSON_BYTES = 1024 * 1024;
/** Wrong credentials and sign-in codes from one address, each minute. Guessing 256 bits is hopeless anyway; this keeps the log and the database quiet. */
const MAX_REFUSALS_PER_MINUTE = 60;
const MAX_SIGN_INS_PER_MINUTE = 20;

/** Builds the service; it listens when the caller says so. */
export async function createApp(deps: AppDeps): Promise<FastifyInstance> {
  const app: FastifyInstance = Fastify({
    loggerInstance: deps.log,
    logController: new LogController({ disableRequestLogging: true }),
    // A proxy's word on who called is not evidence: addresses are those of the socket.
    trustProxy: false,
    bodyLimit: MAX_JSON_BYTES,
    requestTimeout: 300_000,
    genReqId: () => randomUUID(),
    routerOptions: { maxParamLength: 256 },
  });
  app.decorateRequest("identity", null);
  app.setErrorHandler((error, request, reply) => replyWithError(error, request, reply));

  await app.register(cookie);
  await app.register(rateLimit, { global: false, timeWindow: 60_000 });
  await app.register(websocket, { options: { maxPayload: 1024 } });
  acceptBodies(app);

  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id);
    setSecurityHeaders(reply);
    checkAddress(request, reply, deps.addresses);
  });
  app.addHook("onResponse", async (request, reply) => {
    if (request.routeOptions.url === routes.putImage.path) deps.countUpload(reply.statusCode);
  });
  answerPreflights(app, deps.addresses);

  const refusals = app.createRateLimit({ max: MAX_REFUSALS_PER_MINUTE });
  const signIns = app.createRateLimit({ max: MAX_SIGN_INS_PER_MINUTE });
  const gate: GateDeps = { ...deps, countRefusal: (request) => countAttempt(refusals, request) };
  for (const name of Object.keys(deps.handlers) as HandledRoute[]) {
    const limit = name === "signIn" ? signIns : null;
    addRoute(app, name, deps, gate, limit);
  }
  addLive(app, deps, gate);
  await addLookoutDoor(app, { lookout: deps.lookout, countRefusal: gate.countRefusal });
  await serveWeb(app, deps.webFolder);
  return app;
}

type AttemptCounter = ReturnType<FastifyInstance["createRateLimit"]>;

async function countAttempt(counter: AttemptCounter, request: FastifyRequest): Promise<void> {
  const limit = await counter(request);
  if (!limit.isAllowed && limit.isExceeded) {
    const afterSeconds = limit.ttlInSeconds;
    throw errors.tooManyRequests({ afterSeconds }, { retryAfterSeconds: afterSeconds });
  }
}

/** Pictures come whole, model files as a stream (they are too large for memory), everything else is JSON. */
function acceptBodies(app: FastifyInstance): void {
  const streamed = "application/octet-stream";
  const wholeTypes = Object.values<Route>(routes)
    .flatMap((route) => route.consumes)
    .filter((type) => type !== streamed);
  app.addContentTypeParser([...new Set(wholeTypes)], { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  app.addContentTypeParser(streamed, (_request, payload, done) => done(null, payload));
  app.removeContentTypeParser("text/plain");
}

function addRoute(
  app: FastifyInstance,
  name: HandledRoute,
  deps: AppDeps,
  gate: GateDeps,
  limit: AttemptCounter | null,
): void {
  const route: Route = routes[name];
  const handler = deps.handlers[name] as (call: Call<HandledRoute>) => unknown;
  app.route({
    method: route.method,
    url: route.path,
    exposeHeadRoute: false,
    bodyLimit: bodyLimit(route, deps),
    onRequest: async (request) => {
      if (limit) await countAttempt(limit, request);
      // Prometheus on this machine needs no token. Whoever sends one is held to it.
      if (name === "getMetrics" && !hasCredential(request) && isFromThisMachine(request)) return;
      await admit(request, route, gate);
      checkContentType(request, route);
    },
    handler: async (request, reply) => {
      const body = route.consumes.length > 0 ? undefined : request.body;
      const values = checkValues(route, { params: request.params, query: request.query, body });
      const answer = await handler({
        ...(values as Pick<Call<HandledRoute>, "params" | "query" | "body">),
        bytes: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
        stream: isStream(request.body) ? request.body : request.raw,
        identity: request.identity,
        request,
        reply,
      });
      return sendAnswer(reply, route, answer);
    },
  });
}

function bodyLimit(route: Route, deps: AppDeps): number {
  // A streamed body is counted by whoever reads it.
  if (route.consumes.includes("application/octet-stream")) return Number.MAX_SAFE_INTEGER;
  return route.consumes.some((type) => type.startsWith("image/")) ? deps.maxImageBytes : MAX_JSON_BYTES;
}

const isStream = (body: unknown): body is Readable => typeof (body as Readable | undefined)?.pipe === "function";

/** The type is checked before the body is read. A body of a wrong type is refused even where the parser would know it. */
function checkContentType(request: FastifyRequest, route: Route): void {
  const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  if (route.consumes.length > 0) {
    if (type === undefined || !route.consumes.includes(type)) {
      throw errors.contentTypeUnsupported({ got: type ?? "", expected: route.consumes });
    }
  } else if (type !== undefined && type !== "application/json") {
    throw errors.contentTypeUnsupported({ got: type, expected: ["application/json"] });
  }
}

function sendAnswer(reply: FastifyReply, route: Route, answer: unknown): FastifyReply {
  if (answer instanceof RedirectAnswer) return reply.redirect(answer.location, route.status);
  if (answer instanceof FileAnswer) {
    reply.code(answer.status).headers(answer.headers).type(answer.contentType);
    return answer.status === 304 ? reply.send() : reply.send(answer.content);
  }
  reply.code(route.status);
  if (!reply.hasHeader("cache-control")) reply.header("cache-control", "no-store");
  return reply.send(answer);
}

function answerPreflights(app: FastifyInstance, addresses: AddressRules): void {
  app.options("/*", async (request, reply) => {
    const origin = request.headers.origin;
    if (origin !== undefined && addresses.isCorsOrigin(origin)) {
      reply.headers({
        "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE",
        "access-control-allow-headers": "authorization, authorizationtoken, content-type",
        "access-control-max-age": "600",
      });
    }
    return reply.code(204).send();
  });
}

function addLive(app: FastifyInstance, deps: AppDeps, gate: GateDeps): void {
  const route: Route = routes.live;
  app.get(
    route.path,
    {
      websocket: true,
      onRequest: async (request) => {
        await admit(request, route, gate);
        checkValues(route, { params: {}, query: request.query, body: undefined });
        if (request.headers.upgrade?.toLowerCase() !== "websocket") {
          throw errors.badRequest({ problem: `${route.path} is a WebSocket: connect to it with ws:// or wss://.` });
        }
      },
    },
    (socket, request) => {
      const { project } = request.query as { project?: string };
      deps.live.attach(socket, project ?? null, async () => {
        const found = await authenticate(request, deps);
        return "identity" in found && found.identity.role === request.identity?.role;
      });
    },
  );
  app.addHook("preClose", async () => deps.live.close());
}
