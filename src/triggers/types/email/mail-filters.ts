import { textPattern, type TextMatch } from '../../../common/text/text-pattern.js';
import type { EmailConfig, Patterns } from './email.dto.js';
import type { Mail, MailAddress } from './mail.js';

/** The filter that said no, by its name in the config. */
export interface FilteredBy {
  readonly code: string;
  readonly detail: string;
}

export type MailFilter = (mail: Mail) => FilteredBy | null;

/** All filters of a config as one; the first that says no is named. @throws Error when a pattern cannot be read. */
export function mailFilter(config: EmailConfig): MailFilter {
  const filters: MailFilter[] = [
    ...(config.skip_auto_replies ? [autoReplies] : []),
    ...textFilters(config),
    ...Object.entries(config.header ?? {}).map(([name, patterns]) => headerFilter(name, patterns)),
    ...attachmentFilter(config.has_attachment),
    (mail) => sizeFilter(config, mail.size),
  ];
  return (mail) => {
    for (const filter of filters) {
      const no = filter(mail);
      if (no !== null) return no;
    }
    return null;
  };
}

/** Needs no more than the size that the server tells. */
export function sizeFilter({ min_size: least, max_size: most }: EmailConfig, size: number): FilteredBy | null {
  if (least !== undefined && size < least) return { code: 'min_size', detail: `${size} bytes, min_size is ${least}` };
  if (most !== undefined && size > most) return { code: 'max_size', detail: `${size} bytes, max_size is ${most}` };
  return null;
}

/** One of the patterns is enough. @throws Error */
export function anyOf(patterns: Patterns): TextMatch {
  const all = (Array.isArray(patterns) ? patterns : [patterns]).map(textPattern);
  return (text) => all.some((matches) => matches(text));
}

const TEXTS: Readonly<Record<'from' | 'to' | 'cc' | 'subject' | 'body', (mail: Mail) => readonly string[]>> = {
  from: (mail) => mail.from.flatMap(textsOf),
  to: (mail) => mail.to.flatMap(textsOf),
  cc: (mail) => mail.cc.flatMap(textsOf),
  subject: (mail) => [mail.subject],
  body: (mail) => [mail.text === '' ? (mail.html ?? '') : mail.text],
};

function textsOf({ name, address }: MailAddress): string[] {
  return name === '' ? [address] : [address, `${name} <${address}>`];
}

function textFilters(config: EmailConfig): MailFilter[] {
  return (Object.keys(TEXTS) as (keyof typeof TEXTS)[]).flatMap((field) => {
    const patterns = config[field];
    if (patterns === undefined) return [];
    const matches = anyOf(patterns);
    const no = { code: field, detail: `${field} is not ${JSON.stringify(patterns)}` };
    return [(mail: Mail) => (TEXTS[field](mail).some(matches) ? null : no)];
  });
}

function headerFilter(name: string, patterns: Patterns): MailFilter {
  const matches = anyOf(patterns);
  const no = { code: 'header', detail: `${name} is not ${JSON.stringify(patterns)}` };
  return ({ headers }) => ((headers[name.toLowerCase()] ?? []).some(matches) ? null : no);
}

function attachmentFilter(wanted: boolean | undefined): MailFilter[] {
  if (wanted === undefined) return [];
  const detail = wanted ? 'it has no attachment' : 'it has an attachment';
  return [({ attachments }) => (attachments.length > 0 === wanted ? null : { code: 'has_attachment', detail })];
}

/** RFC 3834, RFC 3464 (bounces), RFC 8098 (receipts), and what senders used before them. */
function autoReplies({ headers }: Mail): FilteredBy | null {
  const value = (name: string): string => headers[name]?.[0]?.toLowerCase() ?? '';
  const says = (detail: string): FilteredBy => ({ code: 'skip_auto_replies', detail });
  if (value('auto-submitted').startsWith('auto-replied')) return says('Auto-Submitted: auto-replied');
  if (value('precedence') === 'auto_reply') return says('Precedence: auto_reply');
  for (const name of ['x-autoreply', 'x-autorespond'])
    if (headers[name] !== undefined && value(name) !== 'no') return says(name);
  if (value('content-type').startsWith('multipart/report')) return says('Content-Type: multipart/report');
  return value('return-path') === '<>' ? says('Return-Path: <>') : null;
}
