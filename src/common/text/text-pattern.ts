import { RE2JS } from 're2js';
import { globSource } from './glob.js';

export type TextMatch = (text: string) => boolean;

const REGEX = /^\/(.+)\/([a-z]*)$/s;

/**
 * Three ways to say what a text should be: `/regex/i` (RE2: linear in the text, no look-around), a glob with `*` or `?`
 * over the whole text, or a part that occurs in it. Only the regex heeds case, unless it says `i`.
 * @throws Error saying what is wrong with the pattern.
 */
export function textPattern(pattern: string): TextMatch {
  const regex = REGEX.exec(pattern);
  if (regex !== null) return regexPattern(regex[1] ?? '', regex[2] ?? '');
  if (!/[*?]/.test(pattern)) {
    const part = pattern.toLowerCase();
    return (text) => text.toLowerCase().includes(part);
  }
  const glob = RE2JS.compile(globSource(pattern, { separator: false }), RE2JS.CASE_INSENSITIVE | RE2JS.DOTALL);
  return (text) => glob.matches(text);
}

function regexPattern(source: string, flags: string): TextMatch {
  if (!/^[ims]*$/.test(flags)) throw new Error('a regex may have the flags i, m and s');
  const value = [...flags].reduce((all, flag) => all | FLAGS[flag as 'i' | 'm' | 's'], 0);
  const regex = RE2JS.compile(source, value);
  return (text) => regex.matcher(text).find();
}

const FLAGS = { i: RE2JS.CASE_INSENSITIVE, m: RE2JS.MULTILINE, s: RE2JS.DOTALL } as const;
