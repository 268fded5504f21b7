/** Tokens and access keys for programs, sign-in links and sessions for people. */
import { errors } from "../../errors.js";
import { toTime } from "../../ids.js";
import { SESSION_COOKIE } from "../auth/identity.js";
import { hashSecret, newRandomSecret, newTokenSecret } from "../auth/secrets.js";
import { type Handlers, RedirectAnswer } from "../handlers.js";
import { baseUrl } from "./base-url.js";
import type { RouteDeps } from "./deps.js";
import { existing } from "./existing.js";

const DAY_MS = 86_400_000;
/** Browsers keep no cookie for longer; when a session really ends is decided here. */
const COOKIE_SECONDS = 400 * 86_400;

export function peopleRoutes({ services: { store, config, now, accessKeys } }: RouteDeps) {
  const cookieOptions = {
    path: "/",
    httpOnly: true,
    // Strict: no other site's link or form brings the session along. Our page loads without it and then asks for itself.
    sameSite: "strict",
    secure: config.publicUrl?.startsWith("https:") ?? false,
  } as const;

  return {
    listTokens: async () => ({ items: await store.read.access.listTokens() }),

    createToken: async ({ body }) => {
      if (body.role === "device" && body.cameraIds.length === 0) {
        throw errors.badRequest({
          problem: 'A token of role "device" needs the cameras it may send for in "cameraIds".',
        });
      }
      if (body.role !== "device" && body.cameraIds.length > 0) {
        throw errors.badRequest({
          problem: `"cameraIds" is for role "device" only; a token of role "${body.role}" reaches every camera.`,
        });
      }
      const secret = newTokenSecret();
      const id = await store.write((tx) =>
        tx.access.insertToken({
          name: body.name,
          role: body.role,
          cameraIds: body.cameraIds,
          secretHash: secret.hash,
          expiresAtMs: body.expiresInDays === null ? null : now() + Math.ceil(body.expiresInDays * DAY_MS),
        }),
      );
      return { ...existing(await store.read.access.getToken(id), errors.tokenNotFound, id), secret: secret.text };
    },

    revokeToken: async ({ params }) => {
      const isKnown = await store.write((tx) => tx.access.revokeToken(params.tokenId));
      if (!isKnown) throw errors.tokenNotFound({ id: params.tokenId });
    },

    listUsers: async () => ({ items: (await store.read.access.listUsers()).map((user) => ({ ...user })) }),

    listAccessKeys: async () => ({ items: await store.read.accessKeys.list() }),

    createAccessKey: ({ body }) => accessKeys.create(body.userName),

    revokeAccessKey: async ({ params }) => {
      const isKnown = await store.write((tx) => tx.accessKeys.revoke(params.keyId));
      if (!isKnown) throw errors.accessKeyNotFound({ id: params.keyId });
    },

    createSignInLink: async ({ body, request }) => {
      const code = newRandomSecret();
      const expiresAtMs = now() + Math.ceil(body.expiresInMinutes * 60_000);
      await store.write(async (tx) => {
        const user = await tx.access.putUser(body.name, body.role);
        await tx.access.insertSignInCode({ codeHash: code.hash, userId: user.id, expiresAtMs });
      });
      return { url: `${baseUrl(config, request)}/signin/${code.text}`, expiresAt: toTime(expiresAtMs) };
    },

    signIn: async ({ params, reply }) => {
      const session = newRandomSecret();
      const expiresAtMs = now() + Math.ceil(config.people.sessionDays * DAY_MS);
      await store.write(async (tx) => {
        const user = await tx.access.takeSignInCode(hashSecret(params.code));
        if (user === undefined) throw errors.signInLinkInvalid({});
        await tx.access.insertSession({ secretHash: session.hash, userId: user.id, expiresAtMs });
      });
      reply.setCookie(SESSION_COOKIE, session.text, { ...cookieOptions, maxAge: COOKIE_SECONDS });
      return new RedirectAnswer("/");
    },

    signOut: async ({ request, reply }) => {
      const cookie = request.cookies[SESSION_COOKIE];
      if (cookie !== undefined) await store.write((tx) => tx.access.removeSession(hashSecret(cookie)));
      reply.clearCookie(SESSION_COOKIE, cookieOptions);
    },

    getMe: ({ identity }) => {
      if (identity === null) throw errors.notSignedIn({});
      const { kind, name, role, cameraIds } = identity;
      return { kind, name, role, cameraIds: [...cameraIds] };
    },
  } satisfies Partial<Handlers>;
}
