/** Routes: who may do what: tokens, people, access keys, signing in and out. */
import { z } from "zod";
import { AccessKey, Me, Role, Token, User, UserRole } from "../people.js";
import { Id, PlantId, Time } from "../words.js";
import { admin, everyRole, list, route } from "./route.js";

export const peopleRoutes = {
  listTokens: route("GET", "/api/tokens", {
    summary: "Tokens, without their secrets",
    access: admin,
    reply: list(Token),
  }),
  createToken: route("POST", "/api/tokens", {
    summary: "Create a token; its secret is shown only now",
    access: admin,
    body: z.strictObject({
      name: z.string().min(1).max(120),
      role: Role,
      cameraIds: z.array(PlantId).max(500).default([]),
      expiresInDays: z.number().positive().max(3650).nullable().default(null),
    }),
    status: 201,
    reply: Token.extend({ secret: z.string() }),
  }),
  revokeToken: route("DELETE", "/api/tokens/:tokenId", {
    summary: "Revoke a token",
    access: admin,
    params: z.strictObject({ tokenId: Id }),
  }),
  listUsers: route("GET", "/api/users", {
    summary: "People who may sign in",
    access: admin,
    reply: list(User),
  }),
  listAccessKeys: route("GET", "/api/access-keys", {
    summary: "Access keys of the Lookout for Vision API, without their secrets",
    access: admin,
    reply: list(AccessKey),
  }),
  createAccessKey: route("POST", "/api/access-keys", {
    summary: "Create an access key for a person's programs; its secret is shown only now",
    access: admin,
    body: z.strictObject({ userName: z.string().min(1).max(120) }),
    status: 201,
    reply: AccessKey.extend({ secretAccessKey: z.string().describe("AWS_SECRET_ACCESS_KEY") }),
  }),
  revokeAccessKey: route("DELETE", "/api/access-keys/:keyId", {
    summary: "Revoke an access key",
    access: admin,
    params: z.strictObject({ keyId: Id }),
  }),
  createSignInLink: route("POST", "/api/users/link", {
    summary: "Make a sign-in link that works once",
    access: admin,
    body: z.strictObject({
      name: z.string().min(1).max(120),
      role: UserRole,
      expiresInMinutes: z
        .number()
        .positive()
        .max(60 * 24 * 7)
        .default(60),
    }),
    status: 201,
    reply: z.object({ url: z.string(), expiresAt: Time }),
  }),
  signIn: route("GET", "/signin/:code", {
    summary: "Swap a sign-in link for a session cookie and go to the dashboard",
    access: "signed",
    params: z.strictObject({ code: z.string().max(100) }),
    status: 303,
    produces: "text/html",
  }),
  signOut: route("POST", "/api/signout", { summary: "End this browser's session", access: "anyone" }),
  getMe: route("GET", "/api/me", { summary: "Who I am and what I may do", access: everyRole, reply: Me }),
};
