/** The one table of target kinds: other programs that are told of inspections. Server checks and pages' forms are made from it. */
import { z } from "zod";

/** One input of a target's form, in its order. */
export interface TargetField {
  readonly name: string;
  readonly title: string;
  readonly hint: string;
  readonly placeholder: string;
  /** Chosen from these; else free text. */
  readonly choices?: readonly { readonly value: string; readonly title: string }[];
  readonly initial: string;
}

interface TargetKindRow {
  readonly title: string;
  readonly settings: z.ZodType;
  readonly fields: readonly TargetField[];
  /** `made`: by the server, shown once; `given`: by a person, never shown. */
  readonly secret: { readonly title: string; readonly from: "made" | "given" };
}

/** No wildcards and nothing reserved: it is published to. */
const topic = z
  .string()
  .min(1)
  .max(500)
  .regex(/^[^#+$\p{Cc}][^#+\p{Cc}]*$/u, "a topic without # and +, which does not begin with $");

export const targetKinds = {
  webhook: {
    title: "Webhook",
    settings: z.strictObject({
      url: z.url({ protocol: /^https?$/, error: "an address that begins with http:// or https://" }).max(2000),
    }),
    fields: [
      {
        name: "url",
        title: "Address",
        hint: "Gets a signed POST with JSON for each message",
        placeholder: "https://mes.example.com/sightline",
        initial: "",
      },
    ],
    secret: { title: "Signing secret", from: "made" },
  },
  mqtt: {
    title: "MQTT",
    settings: z.strictObject({
      url: z
        .string()
        .max(2000)
        .regex(/^mqtts?:\/\/[^\s/@]+$/, "mqtt://host:port or mqtts://host:port"),
      topic,
      qos: z.enum(["0", "1", "2"]).default("1"),
      retain: z.enum(["no", "yes"]).default("no"),
      username: z.string().max(200).default(""),
    }),
    fields: [
      {
        name: "url",
        title: "Broker",
        hint: "mqtt:// or mqtts:// with host and port",
        placeholder: "mqtt://broker.plant:1883",
        initial: "",
      },
      {
        name: "topic",
        title: "Topic",
        hint: "{project}, {camera} and {line} are filled in",
        placeholder: "sightline/{project}/{camera}",
        initial: "sightline/{project}/{camera}",
      },
      {
        name: "qos",
        title: "Quality of service",
        hint: "",
        placeholder: "",
        initial: "1",
        choices: [
          { value: "0", title: "0: at most once" },
          { value: "1", title: "1: at least once" },
          { value: "2", title: "2: exactly once" },
        ],
      },
      {
        name: "retain",
        title: "Kept by the broker",
        hint: "",
        placeholder: "",
        initial: "no",
        choices: [
          { value: "no", title: "No" },
          { value: "yes", title: "Yes: new subscribers get the last message" },
        ],
      },
      {
        name: "username",
        title: "User name",
        hint: "Empty where the broker asks for none",
        placeholder: "",
        initial: "",
      },
    ],
    secret: { title: "Password", from: "given" },
  },
} as const satisfies Record<string, TargetKindRow>;

export type TargetKindName = keyof typeof targetKinds;
export const targetKindNames = Object.keys(targetKinds) as [TargetKindName, ...TargetKindName[]];
export type TargetSettings<K extends TargetKindName> = z.output<(typeof targetKinds)[K]["settings"]>;
