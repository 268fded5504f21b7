/** The links in mails by which recipients confirm and leave: an id and a proof that this server made them, so that nothing is stored for them. */
import { timingSafeEqual } from "node:crypto";
import type { Recipient } from "@sightline/api/alerts";
import type { SecretBox } from "../secret-box.js";

type Named = Pick<Recipient, "id" | "askedAt">;

export interface RecipientLinks {
  /** Good until the recipient is asked again. */
  confirm(recipient: Named): string;
  /** Good for as long as the recipient is known. */
  leave(recipient: Named): string;
  /** Whose link it is, unchecked. */
  idOf(code: string): string;
  /** What a link says; `undefined` when this server did not make it for this recipient. */
  purposeOf(code: string, recipient: Named): "confirm" | "leave" | undefined;
}

/** A ULID's length. */
const idLength = 26;

export function recipientLinks(box: Pick<SecretBox, "prove">, publicUrl: () => string): RecipientLinks {
  const proofs = {
    confirm: ({ id, askedAt }: Named) => box.prove(`recipient confirms ${id} ${askedAt}`),
    leave: ({ id }: Named) => box.prove(`recipient leaves ${id}`),
  };
  const link = (purpose: keyof typeof proofs) => (recipient: Named) =>
    `${publicUrl()}/mail-links/${recipient.id}${proofs[purpose](recipient)}`;
  return {
    confirm: link("confirm"),
    leave: link("leave"),
    idOf: (code) => code.slice(0, idLength),
    purposeOf(code, recipient) {
      const proof = Buffer.from(code.slice(idLength));
      const isProof = (expected: string) =>
        proof.length === expected.length && timingSafeEqual(proof, Buffer.from(expected));
      if (isProof(proofs.confirm(recipient))) return "confirm";
      return isProof(proofs.leave(recipient)) ? "leave" : undefined;
    },
  };
}
