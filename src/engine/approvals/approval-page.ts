import { createHash } from 'node:crypto';
import type { Fault } from '../../common/errors/app-error.js';
import { fieldsOf, type FormField } from './approval-form.js';
import { LONGEST_COMMENT } from './approval.dto.js';
import type { LinkKind } from './approval-links.js';
import type { ApprovalRow } from './approval.row.js';

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem;color:#222}
label{display:block;margin-top:1rem;font-weight:600}small{color:#555}
input,textarea,select{font:inherit;width:100%;box-sizing:border-box;padding:.4rem}input[type=checkbox]{width:auto}
textarea{min-height:6rem}button{font:inherit;margin:1.5rem .5rem 0 0;padding:.5rem 1.5rem}
.message{white-space:pre-wrap}.faults,.fault{color:#a00}.fault{margin:.2rem 0}`;

/** No script, nothing from elsewhere, in nobody's frame. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'x-robots-tag': 'noindex, nofollow',
};

export interface AskingPage {
  readonly approval: ApprovalRow;
  readonly kind: LinkKind;
  /** What was wrong with what was sent before; and that itself. */
  readonly faults: readonly Fault[];
  readonly sent: URLSearchParams | null;
}

/** The page behind a link: what is asked, the form, and a button for what the link decides. */
export function askingPage({ approval, kind, faults, sent }: AskingPage): string {
  const { title, message, form, expires_at } = approval;
  const fields = form === null || kind === 'reject' ? [] : fieldsOf(form);
  return page(title, [
    message === '' ? '' : `<p class="message">${escape(message)}</p>`,
    expires_at === null ? '' : `<p><small>Until ${expires_at.toISOString()}</small></p>`,
    faults.length === 0 ? '' : `<ul class="faults" role="alert">${faults.map(faultItem).join('')}</ul>`,
    '<form method="post">',
    ...fields.map((field) => fieldHtml(field, sent, faults)),
    `<label for="comment">Comment</label>`,
    textarea(`id="comment" name="comment" maxlength="${LONGEST_COMMENT}"`, sent?.get('comment') ?? ''),
    kind === 'reject' ? '' : '<button name="decision" value="approve">Approve</button>',
    kind === 'approve' ? '' : '<button name="decision" value="reject" formnovalidate>Reject</button>',
    '</form>',
  ]);
}

/** What came of it, or why nothing can be decided here. */
export function sayingPage(title: string, text: string): string {
  return page(title, [`<p>${escape(text)}</p>`]);
}

function page(title: string, body: readonly string[]): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escape(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>${STYLE}</style></head>
<body><h1>${escape(title)}</h1>${body.join('\n')}</body></html>`;
}

const faultItem = ({ path, message }: Fault): string => `<li>${escape(path)}: ${escape(message)}</li>`;

function fieldHtml(field: FormField, sent: URLSearchParams | null, faults: readonly Fault[]): string {
  const name = escape(field.name === '' ? 'data' : `data.${field.name}`);
  const values = sent?.getAll(field.name === '' ? 'data' : `data.${field.name}`) ?? field.values;
  const help = field.help === '' ? '' : ` <small>${escape(field.help)}</small>`;
  const label = `<label for="${name}">${escape(field.label)}${field.required ? ' *' : ''}${help}</label>`;
  const wrong = faults.filter(({ path }) => isWithin(path, field));
  const said = wrong.map(({ message }) => escape(message)).join('; ');
  const fault = wrong.length === 0 ? '' : `<p class="fault" id="${name}-fault">${said}</p>`;
  const marks = wrong.length === 0 ? '' : ` aria-invalid="true" aria-describedby="${name}-fault"`;
  return label + inputHtml(field, { name, values, marks }) + fault;
}

/** What is wrong within a value that is written as JSON is told at its input. */
function isWithin(path: string, { name }: FormField): boolean {
  const own = name === '' ? 'data' : `data.${name}`;
  return path === own || path.startsWith(`${own}.`);
}

/** The first end of line after the tag is none of the text. */
const textarea = (attributes: string, value: string): string => `<textarea ${attributes}>\n${escape(value)}</textarea>`;

function inputHtml(
  { kind, required, choices }: FormField,
  { name, values, marks }: { readonly name: string; readonly values: readonly string[]; readonly marks: string },
): string {
  const [value = ''] = values;
  const common = `id="${name}" name="${name}"${required && kind !== 'boolean' && kind !== 'choices' ? ' required' : ''}${marks}`;
  switch (kind) {
    case 'long_text':
      return textarea(common, value);
    case 'json':
      return textarea(`${common} placeholder="JSON"`, value);
    case 'boolean':
      return `<input type="checkbox" ${common} value="true"${value === 'true' ? ' checked' : ''}>`;
    case 'choices':
    case 'choice': {
      const isOne = kind === 'choice';
      const options = [...(isOne ? [''] : []), ...choices].map((each) => {
        const selected = (isOne ? each === value : values.includes(each)) ? ' selected' : '';
        return `<option value="${escape(each)}"${selected}>${escape(each)}</option>`;
      });
      return `<select ${common}${isOne ? '' : ' multiple'}>${options.join('')}</select>`;
    }
    case 'number':
    case 'integer':
      return `<input type="number" step="${kind === 'integer' ? '1' : 'any'}" ${common} value="${escape(value)}">`;
    default:
      return `<input type="${kind}" ${common} value="${escape(value)}">`;
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
