import ipaddr from 'ipaddr.js';
import { IANAZone } from 'luxon';
import { parseDuration } from '../duration.js';
import type { RateLimit } from './app-config.js';

/** Turns the text of a setting into its value. @throws Error whose message says what would be right: "must be …". */
export type Parser<T> = (text: string) => T;

export function integer(least: number, most: number): Parser<number> {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new Error(`must be a whole number from ${least} to ${most}`);
  };
}

const TRUE = ['true', '1', 'yes', 'on'];
const FALSE = ['false', '0', 'no', 'off'];

export const flag: Parser<boolean> = (text) => {
  const value = text.toLowerCase();
  if (TRUE.includes(value)) return true;
  if (FALSE.includes(value)) return false;
  throw new Error('must be true or false');
};

export const anyText: Parser<string> = (text) => text;

export function longText(least: number): Parser<string> {
  return (text) => {
    if (text.length >= least) return text;
    throw new Error(`must have ${least} characters or more, has ${text.length}`);
  };
}

export function oneOf<T extends string>(...values: readonly T[]): Parser<T> {
  return (text) => {
    const found = values.find((value) => value === text.toLowerCase());
    if (found !== undefined) return found;
    throw new Error(`must be one of ${values.join(', ')}`);
  };
}

/** Items divided by commas or blanks, each once. */
export function list<T>(item: Parser<T>): Parser<readonly T[]> {
  return (text) => {
    const items = text.split(/[\s,]+/).filter((each) => each !== '');
    if (items.length === 0) throw new Error('must name at least one value');
    return [...new Set(items)].map((each) => {
      try {
        return item(each);
      } catch (error) {
        throw new Error(`"${each}" ${(error as Error).message}`, { cause: error });
      }
    });
  };
}

/** Milliseconds. */
export function duration(leastMs: number): Parser<number> {
  return (text) => {
    const value = parseDuration(text);
    if (value === null)
      throw new Error('must be a duration such as 500ms, 30s, 5m, 2h, 7d, PT90S or a number of seconds');
    if (value < leastMs) throw new Error(`must be ${leastMs / 1000} seconds or more`);
    return value;
  };
}

const BYTE_UNITS: Readonly<Record<string, number>> = { '': 1, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30 };

/** Bytes of `512KiB 64MiB 1GiB`, or a number of bytes. */
export function byteSize(least: number, most: number): Parser<number> {
  return (text) => {
    const match = /^(\d+)\s*(|KiB|MiB|GiB)$/i.exec(text);
    const value = match === null ? NaN : Number(match[1]) * (BYTE_UNITS[(match[2] ?? '').toLowerCase()] ?? NaN);
    if (value >= least && value <= most) return value;
    throw new Error(`must be a size such as 64MiB or a number of bytes, from ${least} to ${most}`);
  };
}

export function url(...protocols: readonly string[]): Parser<string> {
  return (text) => {
    const allowed = protocols.map((protocol) => `${protocol}://`).join(' or ');
    const parsed = URL.canParse(text) ? new URL(text) : null;
    // A PostgreSQL URL of a Unix socket has no host.
    if (parsed === null || !protocols.includes(parsed.protocol.slice(0, -1)))
      throw new Error(`must be a URL that starts with ${allowed}`);
    return text;
  };
}

export const baseUrl: Parser<string> = (text) => url('https', 'http')(text).replace(/\/+$/, '');

export const timeZone: Parser<string> = (text) => {
  if (IANAZone.isValidZone(text)) return text;
  throw new Error('must be a time zone of the IANA database, such as UTC or Europe/Berlin');
};

export const cidr: Parser<string> = (text) => {
  if (ipaddr.isValidCIDR(text) || ipaddr.isValid(text)) return text;
  throw new Error('must be an address range such as 10.0.0.0/8 or fd00::/8');
};

export const mailAddress: Parser<string> = (text) => {
  if (/^[^\s@<>]+@[^\s@<>]+$/.test(text)) return text;
  throw new Error('must be a mail address such as ops@example.com');
};

/** `600/1m`; `off` or `0` for none. */
export const rateLimit: Parser<RateLimit | null> = (text) => {
  if (text.toLowerCase() === 'off' || text === '0') return null;
  const match = /^(\d+)\/(.+)$/.exec(text);
  const perMs = parseDuration(match?.[2]);
  const count = Number(match?.[1]);
  if (match !== null && perMs !== null && perMs > 0 && count > 0) return { count, perMs };
  throw new Error('must be a number per duration such as 600/1m, or off');
};

/** A PEM in one line writes its line ends as `\n`. */
export const pem: Parser<string> = (text) => {
  const value = text.replaceAll('\\n', '\n');
  if (value.includes('-----BEGIN ')) return value;
  throw new Error('must be a private key in PEM, its line ends written as \\n');
};
