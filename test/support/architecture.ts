import type { Import, SourceFile } from './imports.js';

/** Who may import whom, besides itself and libraries: architecture.md. `*`: all. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  common: [],
  definition: ['common'],
  locks: ['common'],
  secrets: ['common'],
  access: ['common'],
  workflows: ['definition', 'common'],
  nodes: ['definition', 'secrets', 'common'],
  engine: ['nodes', 'workflows', 'definition', 'locks', 'common'],
  triggers: ['engine', 'workflows', 'definition', 'locks', 'secrets', 'common'],
  deployment: ['triggers', 'workflows', 'definition', 'common'],
  operations: ['*'],
  console: ['*'],
  cli: ['common'],
};

/** Files that decide and do not act: no framework, no database, no queue. */
const PURE = [/^definition\//, /^engine\/planner\//, /^triggers\/types\/cron\/cron-(line|schedule)/, /\.states?\.ts$/];
const FRAMEWORKS = /^(@nestjs\/|typeorm$|bullmq$|pg$|ioredis$|redlock$)/;
const WEB = 'console/web/';
const TYPE = /^(\w+)\/types\/([\w-]+)\//;

/** Every breach of the rules, as a sentence. */
export function breaches(files: readonly SourceFile[]): string[] {
  return [...files.flatMap(breachesOf), ...cycles(files)];
}

function breachesOf(file: SourceFile): string[] {
  const own = file.imports.filter((each) => each.isOwn);
  return [
    ...own.flatMap((each) => [
      moduleRule(file, each),
      webRule(file, each),
      privateRule(file, each),
      typeRule(file, each),
      listRule(file, each),
    ]),
    ...file.imports.map((each) => pureRule(file, each)),
    environmentRule(file),
  ].filter((breach) => breach !== null);
}

function moduleRule({ path }: SourceFile, { target }: Import): string | null {
  const from = moduleOf(path);
  const to = moduleOf(target);
  // The composition root sees all; nothing sees it.
  if (from === '' || from === to) return null;
  const allowed = MAY_IMPORT[from] ?? [];
  if (to !== '' && (allowed.includes('*') || allowed.includes(to))) return null;
  return `${path} imports ${target}: ${from} may not import ${to === '' ? 'the composition root' : to}`;
}

/** The console's application is a client of the HTTP API: it shares no code with the server, nor the server with it. */
function webRule({ path }: SourceFile, { target }: Import): string | null {
  if (path.startsWith(WEB) === target.startsWith(WEB)) return null;
  return `${path} imports ${target}: the console's application and the server share no code`;
}

function privateRule({ path }: SourceFile, { target }: Import): string | null {
  const isPrivate = /\.(entity|repository)\.ts$/.test(target);
  if (!isPrivate || moduleOf(path) === moduleOf(target)) return null;
  return `${path} imports ${target}: entities and repositories stay inside their module`;
}

function typeRule({ path }: SourceFile, { target }: Import): string | null {
  const type = TYPE.exec(path);
  if (type === null || moduleOf(target) === 'common' || target.startsWith(type[0])) return null;
  const isContract = target.startsWith(`${type[1] ?? ''}/`) && /\.(contract|errors)\.ts$/.test(target);
  return isContract ? null : `${path} imports ${target}: a type sees its contract, its module's errors and common`;
}

function listRule({ path }: SourceFile, { target }: Import): string | null {
  const type = TYPE.exec(target);
  if (type === null || path.startsWith(type[0]) || /^\w+\/[\w-]+-types\.ts$/.test(path)) return null;
  return `${path} imports ${target}: only the list imports a type`;
}

function pureRule({ path }: SourceFile, { target, isOwn }: Import): string | null {
  const isBreach = !isOwn && FRAMEWORKS.test(target) && PURE.some((pattern) => pattern.test(path));
  return isBreach ? `${path} imports ${target}: it must stay pure` : null;
}

function environmentRule({ path, readsEnvironment }: SourceFile): string | null {
  if (!readsEnvironment || path.startsWith('common/config/')) return null;
  return `${path} reads process.env: only common/config does`;
}

/** One sentence a cycle. Imports of types alone are gone at run time, and still tie the files together. */
function cycles(files: readonly SourceFile[]): string[] {
  const targets = new Map(
    files.map((file) => [file.path, file.imports.filter((each) => each.isOwn).map((each) => each.target)]),
  );
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) found.push(`a cycle: ${[...trail.slice(start), path].join(' -> ')}`);
    if (start >= 0 || done.has(path)) return;
    for (const target of targets.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of targets.keys()) visit(path, []);
  return found;
}

function moduleOf(path: string): string {
  return path.includes('/') ? (path.split('/')[0] ?? '') : '';
}
