/** What travels about who may do what: roles, people who sign in, tokens, access keys. */
import { z } from "zod";
import { Id, PlantId, Time } from "./words.js";

export const Role = z.enum(["admin", "operator", "viewer", "device"]);
export type Role = z.infer<typeof Role>;

export const UserRole = z.enum(["admin", "operator", "viewer"]);
export type UserRole = z.infer<typeof UserRole>;

export const Token = z.object({
  id: Id,
  name: z.string().max(120),
  role: Role,
  cameraIds: z.array(PlantId).describe("device only: the cameras it may send for"),
  createdAt: Time,
  expiresAt: Time.nullable(),
  revokedAt: Time.nullable(),
  lastUsedAt: Time.nullable(),
});
export type Token = z.infer<typeof Token>;

export const User = z.object({ id: Id, name: z.string(), role: UserRole });

export const AccessKey = z.object({
  id: Id,
  accessKeyId: z.string().describe("What a program names itself by: AWS_ACCESS_KEY_ID"),
  userName: z.string(),
  role: UserRole.describe("That of its person: what the key may do"),
  createdAt: Time,
  revokedAt: Time.nullable(),
  lastUsedAt: Time.nullable(),
});
export type AccessKey = z.infer<typeof AccessKey>;

export const Me = z.object({
  kind: z.enum(["user", "token"]),
  name: z.string(),
  role: Role,
  cameraIds: z.array(PlantId),
});
export type Me = z.infer<typeof Me>;
