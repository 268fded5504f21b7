/** Turns a mail's content into its text and its HTML: one column, tables and inline styles, as mail programs understand them. */
import type { MailContent } from "./mail-template.js";

/** @param leaveLink where the reader says that these mails are no longer wanted; `null` where that makes no sense. */
export function textOf(content: MailContent, leaveLink: string | null): string {
  const { heading, paragraphs, rows, list, button, footnote } = content;
  return [
    heading,
    "",
    ...paragraphs.flatMap((paragraph) => [paragraph, ""]),
    ...rows.map(([name, value]) => `${name}: ${value}`),
    ...(rows.length > 0 ? [""] : []),
    ...list.map(({ text, link }) => `- ${text}\n  ${link}`),
    ...(list.length > 0 ? [""] : []),
    ...(button === null ? [] : [`${button.title}: ${button.link}`, ""]),
    ...(footnote === null ? [] : [footnote, ""]),
    ...(leaveLink === null ? [] : [`To get no more of these mails: ${leaveLink}`, ""]),
  ].join("\n");
}

export function htmlOf(content: MailContent, leaveLink: string | null): string {
  const { heading, paragraphs, rows, pictures, list, button, footnote } = content;
  const parts = [
    `<h1 style="font-size:20px;line-height:1.3;margin:0 0 16px">${safe(heading)}</h1>`,
    ...paragraphs.map((paragraph) => `<p style="margin:0 0 12px">${safe(paragraph)}</p>`),
    rows.length === 0
      ? ""
      : `<table role="presentation" style="border-collapse:collapse;margin:0 0 16px">${rows
          .map(
            ([name, value]) =>
              `<tr><th align="left" style="font-weight:400;color:#63717b;padding:3px 20px 3px 0;vertical-align:top">${safe(name)}</th><td style="padding:3px 0">${safe(value)}</td></tr>`,
          )
          .join("")}</table>`,
    ...pictures.map(
      ({ title, fileName }) =>
        `<p style="margin:0 0 16px"><span style="color:#63717b;font-size:13px">${safe(title)}</span><br><img src="cid:${safe(cidOf(fileName))}" alt="${safe(title)}" style="max-width:100%;height:auto;border-radius:6px;border:1px solid #e4e9ec"></p>`,
    ),
    list.length === 0
      ? ""
      : `<ul style="padding-left:20px;margin:0 0 16px">${list
          .map(({ text, link }) => `<li><a href="${safe(link)}" style="color:#0d6e74">${safe(text)}</a></li>`)
          .join("")}</ul>`,
    button === null
      ? ""
      : `<p style="margin:20px 0"><a href="${safe(button.link)}" style="background:#0d6e74;color:#ffffff;text-decoration:none;padding:10px 18px;border-radius:8px;display:inline-block">${safe(button.title)}</a></p>`,
    footnote === null ? "" : `<p style="${small}">${safe(footnote)}</p>`,
    leaveLink === null
      ? ""
      : `<p style="${small}"><a href="${safe(leaveLink)}" style="color:#63717b">Get no more of these mails</a></p>`,
  ];
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${safe(content.subject)}</title></head><body style="margin:0;padding:24px;background:#f6f8f9"><div style="max-width:640px;margin:0 auto;padding:24px;background:#ffffff;border:1px solid #e4e9ec;border-radius:12px;font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;color:#1a2329">${parts.join("")}</div></body></html>`;
}

const small = "margin:16px 0 0;color:#63717b;font-size:13px";

/** What a picture is called inside its mail. */
export const cidOf = (fileName: string) => `${fileName}@sightline`;

const safe = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
