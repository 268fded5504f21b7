/** Serves the built web app: its files as they are, and its one page at every address that is a page of it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { errors } from "../errors.js";
import { sendError } from "./error-reply.js";
import { allowPage } from "./security-headers.js";

/** What begins so is answered by the route table or not at all; never by the web app's page. */
const NOT_PAGES = /^\/(2020-11-20|api|upload|signin|getsignedurl|metrics|healthz)(\/|$)/;

export async function serveWeb(app: FastifyInstance, folder: string): Promise<void> {
  // Checked at each page, so that a build finished while the service runs is found.
  const isBuilt = (): boolean => existsSync(join(folder, "index.html"));
  await app.register(fastifyStatic, {
    root: folder,
    serve: false,
    cacheControl: false,
    dotfiles: "ignore",
    index: false,
  });

  app.get("/*", async (request, reply) => {
    const path = pathOf(request);
    if (NOT_PAGES.test(path)) return notFound(request, reply);
    if (!/\.[A-Za-z0-9]+$/.test(path)) return isBuilt() ? sendPage(reply) : sendBuildAdvice(reply);
    // Files under /assets carry a hash of their content in their name.
    const isHashed = path.startsWith("/assets/");
    reply.header("cache-control", isHashed ? "public, max-age=31536000, immutable" : "no-cache");
    if (path.endsWith(".html")) allowPage(reply);
    return reply.sendFile(path);
  });
  app.setNotFoundHandler((request, reply) => notFound(request, reply));
}

function sendPage(reply: FastifyReply): FastifyReply {
  allowPage(reply);
  return reply.header("cache-control", "no-cache").sendFile("index.html");
}

function sendBuildAdvice(reply: FastifyReply): FastifyReply {
  allowPage(reply);
  return reply.code(503).header("cache-control", "no-store").type("text/html; charset=utf-8").send(BUILD_ADVICE);
}

function notFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return sendError(reply, errors.routeNotFound({ method: request.method, path: pathOf(request) }));
}

function pathOf(request: FastifyRequest): string {
  return request.url.replace(/[?#].*$/s, "");
}

const BUILD_ADVICE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sightline: the pages are not built</title>
<body style="font: 16px/1.5 system-ui, sans-serif; max-width: 38em; margin: 4em auto; padding: 0 1em">
<h1>The service runs; its pages are not built</h1>
<p>Cameras can send pictures and programs can call the API (<a href="/api/openapi.json">its description</a>).</p>
<p>To get the pages, stop the service and run <code>npm start</code> in its folder, which builds them, or run
<code>npm run build</code> and load this page again.</p>
</body>
</html>
`;
