/** Turns whatever was thrown into the one form of error reply. What we did not foresee is logged whole and answered without detail. */
import type { Route } from "@sightline/api/route";
import { routes } from "@sightline/api/routes";
import type { ApiError } from "@sightline/api/words";
import type { FastifyReply, FastifyRequest } from "fastify";
import { errors, isServerError, type ServerError } from "../errors.js";
import { allowPage } from "./security-headers.js";

export function replyWithError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = isServerError(error) ? error : fromFastify(error, request);
  if (known === null) {
    request.log.error({ err: error, requestId: request.id, method: request.method, route: request.routeOptions.url });
    return sendError(reply, errors.internal({ requestId: request.id }));
  }
  if (known.status >= 500) {
    request.log.warn({ err: known, requestId: request.id, route: request.routeOptions.url }, known.message);
  }
  if (known.code === errors.signInLinkInvalid.code && request.headers.accept?.includes("text/html")) {
    return sendSignInPage(reply, known);
  }
  return sendError(reply, known);
}

/** The one refusal that people meet outside the web app: they clicked a link. */
function sendSignInPage(reply: FastifyReply, error: ServerError): FastifyReply {
  allowPage(reply);
  reply.code(error.status).header("cache-control", "no-store").type("text/html; charset=utf-8");
  return reply.send(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sightline: not signed in</title>
<body style="font: 16px/1.5 system-ui, sans-serif; max-width: 38em; margin: 4em auto; padding: 0 1em">
<h1>This sign-in link does not work</h1>
<p>${error.message}</p>
<p>If you have signed in on this browser before, <a href="/">go to Sightline</a>.</p>
</body>
</html>
`);
}

export function sendError(reply: FastifyReply, error: ServerError): FastifyReply {
  if (error.retryAfterSeconds !== undefined) reply.header("retry-after", String(Math.ceil(error.retryAfterSeconds)));
  reply.header("cache-control", "no-store").type("application/json; charset=utf-8").code(error.status);
  if (error.status === 413) return sendAfterBody(reply, errorBody(error));
  return reply.send(errorBody(error));
}

/** As much of a refused body is read and thrown away, so that its sender gets to the answer. */
const MAX_DISCARDED_BYTES = 64 * 1024 * 1024;

/**
 * A sender that is still writing when the connection closes sees a broken pipe in place of the answer. So what it announced is read
 * to its end first, unless it is too much or of unknown length.
 */
function sendAfterBody(reply: FastifyReply, body: ApiError): FastifyReply {
  const { raw, headers } = reply.request;
  const announced = Number(headers["content-length"] ?? Number.POSITIVE_INFINITY);
  if (announced > MAX_DISCARDED_BYTES || raw.readableEnded) return reply.header("connection", "close").send(body);
  reply.removeHeader("connection");
  raw.once("end", () => reply.send(body));
  raw.once("error", () => reply.send(body));
  raw.resume();
  return reply;
}

export function errorBody(error: ServerError): ApiError {
  const { code, message, details } = error;
  return details === undefined ? { code, message } : { code, message, details };
}

/** What the framework refuses by itself, in our words. */
function fromFastify(error: unknown, request: FastifyRequest): ServerError | null {
  if (!(error instanceof Error) || !("code" in error)) return null;
  const route = Object.values<Route>(routes).find(
    ({ method, path }) => method === request.method && path === request.routeOptions.url,
  );
  const isPicture = route?.consumes.some((type) => type.startsWith("image/")) ?? false;
  switch (error.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE": {
      const maxBytes = request.routeOptions.bodyLimit ?? 0;
      return isPicture ? errors.uploadTooLarge({ maxBytes }) : errors.bodyTooLarge({ maxBytes });
    }
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return errors.contentTypeUnsupported({
        got: request.headers["content-type"] ?? "",
        expected: route?.consumes.length ? route.consumes : ["application/json"],
      });
    case "FST_ERR_CTP_EMPTY_JSON_BODY":
    case "FST_ERR_CTP_INVALID_JSON_BODY":
      return errors.bodyNotJson({ problem: error.message });
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
    case "FST_ERR_BAD_URL":
      return errors.badRequest({ problem: error.message });
    case "ECONNRESET":
    case "ERR_STREAM_PREMATURE_CLOSE":
      return errors.badRequest({ problem: "The connection ended before the whole body had arrived." });
    default:
      return null;
  }
}
