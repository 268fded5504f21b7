/** Which certificate authorities are believed when mails and MQTT messages go over TLS: the public ones, and a plant's own. */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";
import { errors } from "../errors.js";

/** What Node's `ca` option takes; `undefined` leaves it at the public ones. */
export type Authorities = string[] | undefined;

/** @throws ServerError CONFIG_INVALID when the file can't be read or holds anything but certificates. */
export function readAuthorities(file: string | null): Authorities {
  if (file === null) return undefined;
  try {
    const text = readFileSync(file, "utf8");
    const own = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    if (own.length === 0) throw new Error("it holds no certificate (-----BEGIN CERTIFICATE-----)");
    for (const certificate of own) new X509Certificate(certificate);
    // Naming own ones takes the place of the public ones, so these are named, too.
    return [...rootCertificates, ...own];
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    const text = `outbox.caFile: expected a PEM file with certificates, got ${file}: ${problem}.`;
    throw errors.configInvalid({ problems: [text] }, { cause: error });
  }
}
