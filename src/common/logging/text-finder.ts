/** What is looked for has this many characters at least: as many decide where to look closer. */
export const SHORTEST = 4;
const MASK = 0xffff;

/**
 * Finds any of many texts in one pass, however many and however long they are. (As a regular expression some keys are too
 * large to be compiled well, and every character is compared with each of them.) A hash of the four characters before
 * each place, rolled along, tells all but a few places apart: after four shifts by four bits a character is out of it.
 */
export class TextFinder {
  private readonly ends = new Uint8Array(MASK + 1);
  /** By their first characters, longest first: one that holds another one is found whole. */
  private readonly byStart = new Map<string, string[]>();

  constructor(texts: Iterable<string>) {
    const longestFirst = [...texts].sort((a, b) => b.length - a.length);
    for (const text of longestFirst) {
      const start = text.slice(0, SHORTEST);
      if (start.length < SHORTEST) continue;
      this.byStart.set(start, [...(this.byStart.get(start) ?? []), text]);
      let hash = 0;
      for (let at = 0; at < SHORTEST; at++) hash = ((hash << 4) ^ start.charCodeAt(at)) & MASK;
      this.ends[hash] = 1;
    }
  }

  /** The first place, at or after `from`, where one of them stands; null: nowhere. */
  find(text: string, from = 0): { readonly at: number; readonly length: number } | null {
    let hash = 0;
    for (let at = from; at < text.length; at++) {
      hash = ((hash << 4) ^ text.charCodeAt(at)) & MASK;
      if (this.ends[hash] === 0) continue;
      const start = at - SHORTEST + 1;
      const found = start < from ? undefined : this.longestAt(text, start);
      if (found !== undefined) return { at: start, length: found.length };
    }
    return null;
  }

  /** With `replacement` for each of them; the very text where there are none. */
  replace(text: string, replacement: string): string {
    let result = '';
    let done = 0;
    for (let found = this.find(text); found !== null; found = this.find(text, done)) {
      result += text.slice(done, found.at) + replacement;
      done = found.at + found.length;
    }
    return done === 0 ? text : result + text.slice(done);
  }

  private longestAt(text: string, at: number): string | undefined {
    return this.byStart.get(text.slice(at, at + SHORTEST))?.find((one) => text.startsWith(one, at));
  }
}
