/** A line shorter than this would be found in innocent text. */
const SHORTEST_LINE = 8;
/** A base64 core shorter than this would be found in innocent text. */
const SHORTEST_CORE = 6;

/** The texts in which a secret may show itself. */
export function secretForms(secret: string): string[] {
  const forms = [
    secret,
    JSON.stringify(secret).slice(1, -1),
    // A JSON text inside a JSON text.
    JSON.stringify(JSON.stringify(secret).slice(1, -1)).slice(1, -1),
    ...urlForms(secret),
    ...base64Forms(secret),
    ...linesOf(secret),
  ];
  return [...new Set(forms)];
}

/** What writes line by line tears a key of several lines apart. How a key file begins and ends is no secret. */
function linesOf(secret: string): string[] {
  const lines = secret.split(/\r?\n/);
  if (lines.length === 1) return [];
  return lines
    .map((line) => line.trim())
    .filter((line) => line.length >= SHORTEST_LINE && !/^-----.*-----$/.test(line));
}

function urlForms(secret: string): string[] {
  const component = encodeWellFormed(secret);
  const form = new URLSearchParams([['', secret]]).toString().slice(1);
  const strict = component.replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  const upper = [component, form, strict];
  return [...upper, ...upper.map((text) => text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()))];
}

/** `encodeURIComponent` throws on a lone surrogate. */
function encodeWellFormed(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

/**
 * The secret alone, and its core at each of the three alignments that it may have inside a longer text: the characters
 * that its own bytes decide. An aligned core is what any text that holds the secret there must show.
 */
function base64Forms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const cores = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const decidedBits = (shift + bytes.length) * 8;
    return text.slice(Math.ceil((shift * 8) / 6), Math.floor(decidedBits / 6));
  });
  const plain = [bytes.toString('base64'), ...cores.filter((core) => core.length >= SHORTEST_CORE)];
  return plain.flatMap((text) => [text, text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')]);
}
