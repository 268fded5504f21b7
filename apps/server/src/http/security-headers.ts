/** Headers that limit what a browser may do with our replies. */
import type { FastifyReply } from "fastify";

/** Nothing of an API reply or a picture may run, load or be framed, even when opened in a tab of its own. */
const LOCKED = "default-src 'none'; frame-ancestors 'none'";

/** Styles are set inline by the component library; scripts come only from our own files. */
const PAGE = [
  "default-src 'self'",
  "img-src 'self' data: blob:",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

export function setSecurityHeaders(reply: FastifyReply): void {
  reply.headers({
    "content-security-policy": LOCKED,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
  });
}

/** For the web app's own HTML. */
export function allowPage(reply: FastifyReply): void {
  reply.header("content-security-policy", PAGE);
}
