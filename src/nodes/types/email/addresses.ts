import { ValidateBy } from 'class-validator';
import addressparser from 'nodemailer/lib/addressparser/index.js';

export interface MailAddress {
  readonly name: string;
  readonly address: string;
}

const ADDRESS = /^[^\s@<>"(),;:\\[\]]+@[^\s@<>"(),;:\\]+$/;
const MOST_ADDRESSES = 500;

/** The addresses of a field; null when one of them is none, or holds a line end (which would begin a new header). */
export function readAddresses(value: unknown): MailAddress[] | null {
  const texts: unknown[] = Array.isArray(value) ? value : [value];
  const addresses: MailAddress[] = [];
  for (const text of texts) {
    if (typeof text !== 'string' || hasControl(text)) return null;
    const found = addressparser(text, { flatten: true });
    if (found.length === 0 || found.some(({ address }) => !ADDRESS.test(address))) return null;
    addresses.push(...found.map(({ name, address }) => ({ name, address })));
  }
  return addresses.length > 0 && addresses.length <= MOST_ADDRESSES ? addresses : null;
}

/** Characters that end a header or hide in one. */
export function hasControl(text: string): boolean {
  return /[\u0000-\u001f\u007f\u2028\u2029]/.test(text);
}

export function IsAddressList(): PropertyDecorator {
  return ValidateBy({
    name: 'isAddressList',
    validator: {
      validate: (value) => readAddresses(value) !== null,
      defaultMessage: (rule) =>
        `${rule?.property ?? ''} must be mail addresses, at most ${MOST_ADDRESSES}, in one line`,
    },
  });
}
