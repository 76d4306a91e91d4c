import { createHash } from 'node:crypto';
import type { AddressObject, Attachment, ParsedMail } from 'mailparser';

export interface MailAddress {
  readonly name: string;
  readonly address: string;
}

export interface MailAttachment {
  readonly name: string | null;
  readonly type: string;
  /** As decoded, in bytes. */
  readonly size: number;
  readonly sha256: string;
  readonly contentId: string | null;
  readonly content: Buffer;
}

/** A mail as filters and payloads see it. */
export interface Mail {
  /** By lower-case name, unfolded, as sent; those that occur several times in order. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly from: readonly MailAddress[];
  readonly to: readonly MailAddress[];
  readonly cc: readonly MailAddress[];
  readonly replyTo: readonly MailAddress[];
  readonly subject: string;
  readonly text: string;
  readonly html: string | null;
  readonly date: Date | null;
  /** Without brackets. */
  readonly messageId: string | null;
  readonly attachments: readonly MailAttachment[];
  /** Of the raw mail, in bytes. */
  readonly size: number;
  /** SHA-256 of the raw mail, hexadecimal. */
  readonly hash: string;
}

/** Reads a raw mail; what cannot be read of it is left out, never refused. */
export async function readMail(raw: Buffer): Promise<Mail> {
  // A third of a megabyte of code, for those who have a mailbox.
  const { simpleParser } = await import('mailparser');
  const parsed = await simpleParser(raw, { skipImageLinks: true, skipTextToHtml: true, skipTextLinks: true });
  return {
    headers: headersOf(parsed),
    from: addressesOf(parsed.from),
    to: addressesOf(parsed.to),
    cc: addressesOf(parsed.cc),
    replyTo: addressesOf(parsed.replyTo),
    subject: parsed.subject ?? '',
    text: parsed.text ?? '',
    html: parsed.html === false ? null : parsed.html,
    date: parsed.date ?? null,
    messageId: parsed.messageId?.replace(/^<|>$/g, '') ?? null,
    attachments: parsed.attachments.map(attachmentOf),
    size: raw.length,
    hash: createHash('sha256').update(raw).digest('hex'),
  };
}

function headersOf({ headerLines }: ParsedMail): Record<string, string[]> {
  const headers: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
  for (const { key, line } of headerLines) {
    const value = line
      .slice(line.indexOf(':') + 1)
      .replace(/\r?\n[ \t]*/g, ' ')
      .trim();
    (headers[key] ??= []).push(value);
  }
  return headers;
}

function addressesOf(given: AddressObject | AddressObject[] | undefined): MailAddress[] {
  const objects = given === undefined ? [] : Array.isArray(given) ? given : [given];
  return objects
    .flatMap(({ value }) => value)
    .flatMap((one) => (one.group === undefined ? [one] : one.group))
    .map(({ name, address }) => ({ name, address: address ?? '' }));
}

function attachmentOf({ filename, contentType, content, cid }: Attachment): MailAttachment {
  return {
    name: filename ?? null,
    type: contentType,
    size: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
    contentId: cid ?? null,
    content,
  };
}
