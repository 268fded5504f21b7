/** What a handler is: one function per row of the route table, given what has been checked, giving what the row declares. */
import type { Readable } from "node:stream";
import type { Body, Params, Query, Reply, RouteName } from "@sightline/api/routes";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Identity } from "./auth/identity.js";

/** One request, after the credential and every value in it have been checked. */
export interface Call<N extends RouteName> {
  readonly params: Params<N>;
  readonly query: Query<N>;
  readonly body: Body<N>;
  /** The raw body of a route that takes a picture; empty elsewhere. */
  readonly bytes: Buffer;
  /** The raw body of a route that takes a file too large for memory; already ended elsewhere. */
  readonly stream: Readable;
  /** Who calls; `null` only where the table says `anyone` or `signed`. */
  readonly identity: Identity | null;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** An answer that is not JSON. The content type is ours, never the sender's. */
export class FileAnswer {
  readonly content: Buffer | Readable | string;
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
  /** 304 when the caller has it already. */
  readonly status: 200 | 304;
  constructor(
    content: Buffer | Readable | string,
    contentType: string,
    headers: Record<string, string> = {},
    status: 200 | 304 = 200,
  ) {
    this.content = content;
    this.contentType = contentType;
    this.headers = headers;
    this.status = status;
  }
}

/** Sends the browser elsewhere. */
export class RedirectAnswer {
  readonly location: string;
  constructor(location: string) {
    this.location = location;
  }
}

/** JSON where the table declares a reply; else nothing (204), a file or a redirect. */
export type Answer<N extends RouteName> =
  Reply<N> extends undefined
    ? // biome-ignore lint/suspicious/noConfusingVoidType: a handler that answers nothing is written without `return`
      FileAnswer | RedirectAnswer | void
    : Reply<N>;

export type Handler<N extends RouteName> = (call: Call<N>) => Promise<Answer<N>> | Answer<N>;

/** The WebSocket is no request with one answer, so it has its own door (live.ts). */
export type HandledRoute = Exclude<RouteName, "live">;
export type Handlers = { readonly [N in HandledRoute]: Handler<N> };
