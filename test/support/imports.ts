import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import ts from 'typescript';

/** A source file as the rules of the architecture see it. Paths are relative to `src`, with `/`. */
export interface SourceFile {
  readonly path: string;
  readonly imports: readonly Import[];
  readonly readsEnvironment: boolean;
}

export interface Import {
  /** A path below `src` for our own files, else the package or `node:` name. */
  readonly target: string;
  readonly isOwn: boolean;
  /** Gone when compiled. */
  readonly isTypeOnly: boolean;
}

/** Every source file below a folder, specs left out. */
export function readSources(folder: string): SourceFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.spec.ts') && !path.endsWith('.d.ts'))
    .sort()
    .map((path) => parseSource(path, readFileSync(join(folder, path), 'utf8')));
}

export function parseSource(path: string, text: string): SourceFile {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const imports: Import[] = [];
  let readsEnvironment = false;
  const visit = (node: ts.Node): void => {
    const found = importOf(node);
    if (found !== null) imports.push({ ...locate(path, found.name), isTypeOnly: found.isTypeOnly });
    readsEnvironment ||= isEnvironment(node);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return { path, imports, readsEnvironment };
}

function importOf(node: ts.Node): { name: string; isTypeOnly: boolean } | null {
  if (ts.isImportDeclaration(node)) return named(node.moduleSpecifier, isTypeOnlyImport(node.importClause));
  if (ts.isExportDeclaration(node)) return named(node.moduleSpecifier, node.isTypeOnly);
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return named(node.argument.literal, true);
  const isDynamic = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
  return isDynamic ? named(node.arguments[0], false) : null;
}

function named(specifier: ts.Node | undefined, isTypeOnly: boolean): { name: string; isTypeOnly: boolean } | null {
  return specifier !== undefined && ts.isStringLiteralLike(specifier) ? { name: specifier.text, isTypeOnly } : null;
}

/** `import type …`, or each name marked `type`. */
function isTypeOnlyImport(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const bindings = clause.namedBindings;
  if (clause.name !== undefined || bindings === undefined || !ts.isNamedImports(bindings)) return false;
  return bindings.elements.length > 0 && bindings.elements.every((element) => element.isTypeOnly);
}

function isEnvironment(node: ts.Node): boolean {
  if (!ts.isPropertyAccessExpression(node) && !ts.isElementAccessExpression(node)) return false;
  const name = ts.isPropertyAccessExpression(node) ? node.name.text : node.argumentExpression.getText().slice(1, -1);
  return name === 'env' && node.expression.getText() === 'process';
}

function locate(from: string, specifier: string): { target: string; isOwn: boolean } {
  if (!specifier.startsWith('.')) return { target: specifier, isOwn: false };
  const path = posix.normalize(posix.join(dirname(from), specifier)).replace(/\.js$/, '.ts');
  return { target: path, isOwn: !path.startsWith('../') };
}
