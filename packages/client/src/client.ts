/** The typed HTTP client: every route of the table, called by its name. Works in browsers and in Node. */
import { type Address, addresses } from "@sightline/api/addresses";
import type { BodyIn, ParamsIn, QueryIn, Reply, RouteName, Routes } from "@sightline/api/routes";
import { type Exchange, exchange, type Fetch, readJson } from "./transport.js";

export { ApiCallError } from "./api-call-error.js";

export interface ClientOptions {
  /** Address of the server, such as `http://127.0.0.1:8080`; `""` in a page that the server itself delivered. */
  readonly url: string;
  /** Without one, a browser's session cookie counts. */
  readonly token?: string | undefined;
  readonly fetch?: Fetch | undefined;
  /** For one answer; default 60 s. */
  readonly timeoutMs?: number | undefined;
}

/** A reply that is a file: a picture, a model. */
export interface Download {
  readonly bytes: Uint8Array;
  readonly contentType: string;
}

// A record without entries fits exactly those types that need no entry.
type Needed<Name extends string, Value> =
  Record<string, never> extends Value ? { [K in Name]?: Value } : { [K in Name]: Value };
type BodyPart<N extends RouteName> = [BodyIn<N>] extends [undefined] ? { body?: undefined } : { body: BodyIn<N> };
type RawPart<N extends RouteName> = [Routes[N]["consumes"][number]] extends [never]
  ? { bytes?: undefined; contentType?: undefined }
  : { bytes: Uint8Array; contentType: Routes[N]["consumes"][number] };

/** What a call of route `N` takes. */
export type Call<N extends RouteName> = Needed<"params", ParamsIn<N>> &
  Needed<"query", QueryIn<N>> &
  BodyPart<N> &
  RawPart<N> & { signal?: AbortSignal | undefined; timeoutMs?: number | undefined };

/** What a call of route `N` gives: the JSON reply, a `Download`, or nothing. */
export type Result<N extends RouteName> = [Reply<N>] extends [undefined]
  ? Routes[N]["produces"] extends "application/json"
    ? undefined
    : Download
  : Reply<N>;

type Arguments<N extends RouteName> = object extends Call<N> ? [call?: Call<N>] : [call: Call<N>];

export interface Client {
  readonly url: string;
  readonly token: string | undefined;
  /**
   * @throws ApiCallError with the server's code and message, or `SERVER_UNREACHABLE`, `SERVER_TIMED_OUT`, `NOT_A_SIGHTLINE_REPLY`.
   * @example const { items } = await client.call("listProjects");
   */
  call<N extends RouteName>(name: N, ...args: Arguments<N>): Promise<Result<N>>;
  /** The address of a route, for `<img src>`, downloads and WebSockets. */
  address<N extends RouteName>(name: N, ...args: AddressArguments<N>): string;
  /** Sends bytes to a signed address; the signature is the credential, so no token goes along. */
  putSigned(url: string, bytes: Uint8Array, options: PutSignedOptions): Promise<Reply<"putImage">>;
}

type AddressOf<N extends RouteName> = Needed<"params", ParamsIn<N>> & Needed<"query", QueryIn<N>>;
type AddressArguments<N extends RouteName> = object extends AddressOf<N> ? [call?: AddressOf<N>] : [call: AddressOf<N>];

export interface PutSignedOptions {
  readonly contentType: string;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

/** The same call with its types worn off, for the inside of this file. */
interface AnyCall {
  readonly params?: unknown;
  readonly query?: unknown;
  readonly body?: unknown;
  readonly bytes?: Uint8Array | undefined;
  readonly contentType?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

export function createClient(options: ClientOptions): Client {
  const url = options.url.replace(/\/+$/, "");
  if (url !== "" && !/^https?:\/\/[^/]/i.test(url)) {
    throw new TypeError(`A server's address starts with http:// or https://, got "${options.url}".`);
  }
  const fetch: Fetch = options.fetch ?? ((address, init) => globalThis.fetch(address, init));
  const defaultTimeoutMs = options.timeoutMs ?? 60_000;

  async function call(name: RouteName, input: AnyCall = {}): Promise<unknown> {
    const route = addresses[name];
    const request: Exchange = {
      method: route.method,
      url: addressOf(url, route, input),
      headers: headersOf(route, input, options.token),
      body: input.bytes ?? (input.body === undefined ? undefined : JSON.stringify(input.body)),
      signal: input.signal,
      timeoutMs: input.timeoutMs ?? defaultTimeoutMs,
    };
    const { response, bytes } = await exchange(fetch, request);
    if (route.hasReply) return readJson(request, response, bytes);
    if (route.produces === "application/json") return undefined;
    return { bytes, contentType: response.headers.get("content-type") ?? "application/octet-stream" };
  }

  async function putSigned(address: string, bytes: Uint8Array, put: PutSignedOptions): Promise<Reply<"putImage">> {
    const request: Exchange = {
      method: "PUT",
      url: address,
      headers: { "content-type": put.contentType },
      body: bytes,
      signal: put.signal,
      timeoutMs: put.timeoutMs ?? defaultTimeoutMs,
    };
    const { response, bytes: reply } = await exchange(fetch, request);
    return readJson(request, response, reply) as Reply<"putImage">;
  }

  return {
    url,
    token: options.token,
    // The two functions are checked against the route table by `Call` and `Result`; inside, all routes are alike.
    call: call as Client["call"],
    address: ((name: RouteName, input: AnyCall = {}) => addressOf(url, addresses[name], input)) as Client["address"],
    putSigned,
  };
}

function headersOf(route: Address, input: AnyCall, token: string | undefined): Record<string, string> {
  const headers: Record<string, string> = { accept: route.produces === "text/html" ? "*/*" : route.produces };
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  if (input.bytes !== undefined) headers["content-type"] = input.contentType ?? "application/octet-stream";
  else if (input.body !== undefined) headers["content-type"] = "application/json";
  return headers;
}

function addressOf(base: string, route: Address, input: AnyCall): string {
  const params = (input.params ?? {}) as Record<string, unknown>;
  const path = route.path.replace(/:([A-Za-z]+)/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined || value === "") throw new TypeError(`${route.path} needs "${name}".`);
    return encodeURIComponent(String(value));
  });
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries((input.query ?? {}) as Record<string, unknown>)) {
    if (value !== undefined) query.set(name, String(value));
  }
  const text = query.toString();
  return text === "" ? base + path : `${base + path}?${text}`;
}
