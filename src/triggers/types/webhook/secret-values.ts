import { WebhookAuth } from './webhook.dto.js';

const REFERENCE = /\{\{\s*secrets\.([A-Za-z_][A-Za-z0-9_]*)\s*\}\}/g;
const FIELDS = ['username', 'password', 'token', 'value', 'key', 'secret'] as const;

/** What looks like a template in a field of an auth config and would be taken as it stands; null: nothing does. */
export function strayTemplate(field: string, text: string): string | null {
  const isSecret = field === 'secrets' || FIELDS.some((name) => name === field);
  return /\{\{.*?(\}\}|$)/s.exec(isSecret ? text.replace(REFERENCE, '') : text)?.[0] ?? null;
}

/** An auth config with every secret in place, or the name of one that is missing. */
export type ResolvedAuth = { readonly auth: WebhookAuth; readonly missing: null } | { readonly missing: string };

export async function resolveAuth(
  auth: WebhookAuth,
  secret: (name: string) => Promise<string | undefined>,
): Promise<ResolvedAuth> {
  const resolved = Object.assign(new WebhookAuth(), auth);
  const missing: string[] = [];
  const fill = async (text: string): Promise<string> => {
    const values = new Map<string, string>();
    for (const [, name = ''] of text.matchAll(REFERENCE)) {
      const value = await secret(name);
      if (value === undefined || value === '') missing.push(name);
      else values.set(name, value);
    }
    return text.replace(REFERENCE, (_all, name: string) => values.get(name) ?? '');
  };
  for (const field of FIELDS) {
    const text = auth[field];
    if (text !== undefined) resolved[field] = await fill(text);
  }
  if (auth.secrets !== undefined) resolved.secrets = await Promise.all(auth.secrets.map(fill));
  return missing[0] === undefined ? { auth: resolved, missing: null } : { missing: missing[0] };
}

/** The active secrets of a signature or a JWT. */
export function secretsOf(auth: WebhookAuth): string[] {
  const all = [...(auth.secrets ?? []), ...(auth.secret === undefined ? [] : [auth.secret])];
  return all.filter((secret) => secret !== '');
}
