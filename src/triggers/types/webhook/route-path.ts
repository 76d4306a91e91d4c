const SEGMENT = /^(?::[A-Za-z_][A-Za-z0-9_]*|[^:*?#\s][^*?#\s]*)$/;

/** The segments of a configured path, without the `/webhook` prefix; null when it is no path. */
export function routeSegments(path: string): string[] | null {
  const segments = path.split('/').filter((segment) => segment !== '');
  if (segments[0] === 'webhook') segments.shift();
  const names = segments.filter((segment) => segment.startsWith(':'));
  const isSound =
    segments.length > 0 && segments.every((one) => SEGMENT.test(one)) && new Set(names).size === names.length;
  return isSound ? segments : null;
}

/** What decides whether two routes are the same: a parameter's name does not count. */
export function routeShape(segments: readonly string[]): string {
  return segments.map((segment) => (segment.startsWith(':') ? ':' : segment)).join('/');
}
