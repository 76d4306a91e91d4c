import { globList } from '../../../common/text/glob.js';
import type { AttachmentCaps } from './email.dto.js';
import type { Mail, MailAttachment } from './mail.js';

/** The longest text and HTML that a payload holds, in characters. */
const LONGEST_TEXT = 524_288;

export interface MailPlace {
  readonly account: string;
  readonly folder: string;
  readonly uidValidity: number;
  readonly uid: number;
  readonly receivedAt: Date;
}

export function mailPayload(mail: Mail, place: MailPlace, caps: AttachmentCaps): Record<string, unknown> {
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
    attachments: mail.attachments.map((attachment, index) => described(attachment, index, caps)),
  };
}

/** What a cap keeps out is named, with the cap. */
function described(attachment: MailAttachment, index: number, caps: AttachmentCaps): Record<string, unknown> {
  const { name, type, size, sha256, contentId } = attachment;
  return { name, type, size, sha256, content_id: contentId, refused: refusal(attachment, index, caps) };
}

function refusal({ type, size }: MailAttachment, index: number, caps: AttachmentCaps): string | null {
  if (index >= caps.max_count) return 'max_count';
  if (size > caps.max_size) return 'max_size';
  return globList(caps.types)(type) ? null : 'types';
}
