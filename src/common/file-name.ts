/** Bytes of UTF-8 that a name may have: what file systems take. */
const LONGEST_BYTES = 255;
/** Separators of paths, control characters, line ends, and marks that turn the direction of what follows. */
const REFUSED = /[/\\\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;\s*[\w!#$&^.+-]+=("[\x20-\x7e]*"|[\w!#$&^.+-]+))*$/;
const LONGEST_TYPE = 200;

export const UNKNOWN_TYPE = 'application/octet-stream';

/** Whether it names a file and nothing else: no folder, no way out of one, nothing invisible. */
export function isFileName(name: string): boolean {
  if (name === '' || name === '.' || name === '..' || name !== name.trim()) return false;
  return !REFUSED.test(name) && Buffer.byteLength(name) <= LONGEST_BYTES;
}

/** The nearest name that may be one, for names that come from outside. */
export function toFileName(given: string): string {
  const last = given.toWellFormed().split(/[/\\]/).pop() ?? '';
  const clean = [...last.normalize()].map((character) => (REFUSED.test(character) ? '_' : character)).join('');
  const short = shortened(clean.trim(), LONGEST_BYTES).trim();
  return isFileName(short) ? short : 'file';
}

/** `report.csv` -> `report-2.csv`: the name to try when others are taken; the first is the name itself. */
export function candidate(name: string, count: number): string {
  if (count === 1) return name;
  const dot = name.lastIndexOf('.');
  const [stem, suffix] = dot <= 0 ? [name, ''] : [name.slice(0, dot), name.slice(dot)];
  const tail = `-${count}${suffix}`;
  return `${shortened(stem, LONGEST_BYTES - Buffer.byteLength(tail))}${tail}`;
}

/** A media type that may stand in a header; anything else is unknown. */
export function toMediaType(given: string | undefined): string {
  return given !== undefined && given.length <= LONGEST_TYPE && MEDIA_TYPE.test(given) ? given : UNKNOWN_TYPE;
}

/** RFC 6266: a plain form for old clients, the name itself for the others. Never shown in place. */
export function attachment(name: string): string {
  const plain = name.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(name).replaceAll(/['()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16)}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

/** The first characters, as many as fit. */
function shortened(text: string, bytes: number): string {
  let kept = '';
  let size = 0;
  for (const character of text) {
    size += Buffer.byteLength(character);
    if (size > bytes) break;
    kept += character;
  }
  return kept;
}
