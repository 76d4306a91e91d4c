import type { Fault } from '../../../common/errors/app-error.js';
import type { DatabaseConfig, DatabaseStatement } from './database.config.js';

/** What each operation takes: needed fields first, then those it may have. */
const FIELDS: Readonly<Record<string, { needs: readonly string[]; may: readonly string[] }>> = {
  query: { needs: ['sql'], may: ['params'] },
  execute: { needs: ['sql'], may: ['params'] },
  insert: { needs: ['table', 'values'], may: ['returning'] },
  update: { needs: ['table', 'values', 'where'], may: ['returning'] },
  upsert: { needs: ['table', 'values'], may: ['where', 'key', 'returning'] },
  delete: { needs: ['table', 'where'], may: ['returning'] },
  transaction: { needs: ['statements'], may: [] },
};
const ALL = ['sql', 'params', 'table', 'values', 'where', 'key', 'returning', 'statements'];
/** What becomes a part of the text of a statement. */
const TEXT = ['sql', 'table', 'key', 'returning'];
const HINT = 'Put the value in `params`, `values` or `where`, where it is bound.';

export function configFaults(config: DatabaseConfig): Fault[] {
  const faults = statementFaults(config, '');
  if (typeof config.statements === 'string') faults.push(templateFault('statements'));
  if (!Array.isArray(config.statements)) return faults;
  if (config.statements.length === 0) faults.push(required('statements'));
  const inner = config.statements.flatMap((one, index) => statementFaults(one, `statements[${index}].`));
  return [...faults, ...inner];
}

function statementFaults(statement: DatabaseStatement, prefix: string): Fault[] {
  const given = statement as Readonly<Record<string, unknown>>;
  const isGiven = (name: string): boolean => given[name] !== undefined && given[name] !== null;
  const { operation = 'execute' } = statement;
  const rule = FIELDS[operation];
  const faults = TEXT.filter((name) => holdsTemplate(given[name])).map((name) => templateFault(prefix + name));
  if (isGiven('operation') && typeof operation === 'string' && operation.includes('{{')) {
    faults.push(templateFault(`${prefix}operation`));
  }
  if (rule === undefined) return faults;
  for (const name of rule.needs) if (!isGiven(name)) faults.push(required(prefix + name));
  for (const name of ALL) {
    if (!isGiven(name) || rule.needs.includes(name) || rule.may.includes(name)) continue;
    faults.push({ path: prefix + name, code: 'value_invalid', message: `"${name}" does not go with ${operation}` });
  }
  if (operation === 'upsert' && !isGiven('where') && !isGiven('key')) faults.push(required(`${prefix}key`));
  return faults;
}

function holdsTemplate(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(holdsTemplate);
  return typeof value === 'string' && value.includes('{{');
}

function templateFault(path: string): Fault {
  return { path, code: 'template_in_sql', message: 'A template may not become a part of a statement', hint: HINT };
}

function required(path: string): Fault {
  const name = path.slice(path.lastIndexOf('.') + 1);
  return { path, code: 'field_required', message: `"${name}" is required` };
}
