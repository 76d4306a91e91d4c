import { isId } from '../common/ids.js';

const VERBS: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'update', DELETE: 'delete' };

/**
 * Names a write: `POST /api/v1/workflows/<id>/activate` is `workflows.activate` on `workflows/<id>`; `PUT /secrets/x` is
 * `secrets.update` on `secrets/x`.
 * @param route the route's pattern, which tells names from parameters.
 * @param answer of the write: a created resource is known by its id in there.
 */
export function actionOf(
  method: string,
  route: string,
  path: string,
  answer: unknown,
): { action: string; resource: string } {
  const names = segmentsOf(route);
  const parts = segmentsOf(path);
  const kind = names[0] ?? '';
  const last = names.at(-1) ?? '';
  const isVerb = method === 'POST' && names.length > 1 && !last.startsWith(':');
  const verb = isVerb ? last : (VERBS[method] ?? method.toLowerCase());
  const at = isVerb ? parts.slice(0, -1) : parts;
  const made = !isVerb && method === 'POST' ? idIn(answer) : undefined;
  return { action: `${kind}.${verb}`, resource: [...at, ...(made === undefined ? [] : [made])].join('/') };
}

function segmentsOf(path: string): string[] {
  const [bare = ''] = path.split('?', 1);
  return bare
    .replace(/^\/api\/v1/, '')
    .split('/')
    .filter((part) => part !== '');
}

function idIn(answer: unknown): string | undefined {
  const { id, name } = (answer ?? {}) as { id?: unknown; name?: unknown };
  if (typeof id === 'string' && isId(id)) return id;
  return typeof name === 'string' ? name : undefined;
}
