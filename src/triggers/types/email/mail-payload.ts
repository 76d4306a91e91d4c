import type { Mail } from './mail.js';
import type { SortedAttachment } from './mail-attachments.js';

/** The longest text and HTML that a payload holds, in characters. */
const LONGEST_TEXT = 524_288;

export interface MailPlace {
  readonly account: string;
  readonly folder: string;
  readonly uidValidity: number;
  readonly uid: number;
  readonly receivedAt: Date;
}

export function mailPayload(
  mail: Mail,
  place: MailPlace,
  attachments: readonly SortedAttachment[],
): Record<string, unknown> {
  const { headers } = mail;
  const isCut = mail.text.length > LONGEST_TEXT || (mail.html?.length ?? 0) > LONGEST_TEXT;
  return {
    account: place.account,
    folder: place.folder,
    uid_validity: place.uidValidity,
    uid: place.uid,
    message_id: mail.messageId,
    subject: mail.subject,
    from: mail.from,
    to: mail.to,
    cc: mail.cc,
    reply_to: mail.replyTo,
    date: mail.date?.toISOString() ?? null,
    received_at: place.receivedAt.toISOString(),
    in_reply_to: headers['in-reply-to']?.[0] ?? null,
    headers: Object.fromEntries(Object.entries(headers).map(([name, all]) => [name, all.length === 1 ? all[0] : all])),
    text: mail.text.slice(0, LONGEST_TEXT),
    html: mail.html?.slice(0, LONGEST_TEXT) ?? null,
    is_cut: isCut,
    size: mail.size,
    attachments: attachments.map(({ attachment, refused, file }) => {
      const { name, type, size, sha256, contentId } = attachment;
      return { name, type, size, sha256, content_id: contentId, refused, file };
    }),
  };
}
