/** `workflows:read`, `executions:write`, `workflows`, `*`. Writing includes reading; no verb means both. */
export const SCOPE = /^(\*|[a-z]+(-[a-z]+)*)(:(read|write|\*))?$/;

/** What a key may do, it may always ask. */
const WHO_AM_I = 'me';

const READING = new Set(['GET', 'HEAD', 'OPTIONS']);

export function isRead(method: string): boolean {
  return READING.has(method);
}

/** The scope that a request needs: the first segment of its path below the base, and what it does there. */
export function scopeNeeded(method: string, path: string): string {
  const resource = path.replace(/^\/api\/v1/, '').split(/[/?]/, 2)[1] ?? '';
  return `${resource}:${isRead(method) ? 'read' : 'write'}`;
}

/** @param scopes of the credentials; empty: all that the role may do. */
export function scopesAllow(scopes: readonly string[], needed: string): boolean {
  if (scopes.length === 0) return true;
  const [resource, verb] = needed.split(':');
  if (resource === WHO_AM_I) return true;
  return scopes.some((scope) => {
    const [on, may = '*'] = scope.split(':');
    return (on === '*' || on === resource) && (may === '*' || may === 'write' || may === verb);
  });
}
