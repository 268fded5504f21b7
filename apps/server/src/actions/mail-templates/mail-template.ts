/** What a mail is made of before it is text and HTML, and what a template is: one kind of mail. */
import type { z } from "zod";
import type { BlobStore } from "../../blobs/blob-store.js";
import type { DueAction } from "../../store/actions.js";
import type { Store } from "../../store/store.js";

/** A JPEG shown inside the mail. */
export interface MailPicture {
  readonly title: string;
  readonly fileName: string;
  readonly bytes: Uint8Array;
}

export interface MailContent {
  readonly subject: string;
  readonly heading: string;
  /** Before the rows. */
  readonly paragraphs: readonly string[];
  readonly rows: readonly (readonly [name: string, value: string])[];
  readonly pictures: readonly MailPicture[];
  /** Lines with a link each. */
  readonly list: readonly { readonly text: string; readonly link: string }[];
  readonly button: { readonly title: string; readonly link: string } | null;
  /** In small letters. */
  readonly footnote: string | null;
}

export interface MailContext {
  readonly store: Store;
  readonly blobs: BlobStore;
  /** How people reach this server, without a slash at its end. */
  readonly publicUrl: () => string;
  readonly action: DueAction;
}

export interface MailTemplate<Payload extends z.ZodType = z.ZodType> {
  /** What was stored with the action; read back from the database, so checked. */
  readonly payload: Payload;
  /** @returns `undefined` when there is nothing to say any more. */
  make(payload: z.output<Payload>, context: MailContext): Promise<MailContent | undefined>;
}

/** Checks that a template's two parts fit together. */
export function template<Payload extends z.ZodType>(made: MailTemplate<Payload>): MailTemplate {
  return made as unknown as MailTemplate;
}

export const percent = (share: number) => `${(share * 100).toFixed(1)} %`;

/** UTC, to the second: mails travel across time zones. */
export const timeText = (time: string) => `${time.slice(0, 10)} ${time.slice(11, 19)} UTC`;
