interface Route {
  readonly pattern: RegExp;
  readonly methods: Set<string>;
}

/** Which methods each path answers, for `Allow`: Fastify looks for path and method together. */
export class RouteTable {
  private readonly routes = new Map<string, Route>();

  /** `path` as Fastify writes it: `/workflows/:id`, `/public/*`. */
  add(path: string, methods: string | readonly string[]): void {
    const route = this.routes.get(path) ?? { pattern: patternOf(path), methods: new Set() };
    for (const method of [methods].flat()) route.methods.add(method);
    this.routes.set(path, route);
  }

  /** Sorted; empty when no route has this path. */
  methodsOf(path: string): string[] {
    const fitting = [...this.routes.values()].filter((route) => route.pattern.test(path));
    return [...new Set(fitting.flatMap((route) => [...route.methods]))].sort();
  }
}

function patternOf(path: string): RegExp {
  const source = path
    .split('/')
    .map((part) => (part === '*' ? '.+' : part.startsWith(':') ? '[^/]+' : part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')))
    .join('/');
  return new RegExp(`^${source}/?$`);
}
