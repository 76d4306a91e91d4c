import { NodeError } from '../../nodes.errors.js';
import type { Binder } from './binder.js';

const OPERATORS: Readonly<Record<string, string>> = {
  gt: '>',
  gte: '>=',
  lt: '<',
  lte: '<=',
  like: 'LIKE',
};

/** The condition of a change. A change of all rows is never meant by leaving it out. @throws NodeError `config_invalid` */
export function conditionOf(where: unknown, binder: Binder): string {
  if (typeof where !== 'object' || where === null || Array.isArray(where) || Object.keys(where).length === 0) {
    throw new NodeError('config_invalid', 'where: must name at least one column; all rows are changed with `execute`');
  }
  return Object.entries(where)
    .map(([column, value]) => columnCondition(binder.name(column), value, binder))
    .join(' AND ');
}

function columnCondition(column: string, value: unknown, binder: Binder): string {
  if (value === null || value === undefined) return `${column} IS NULL`;
  if (Array.isArray(value)) return anyOf(column, value, binder);
  if (typeof value !== 'object') return `${column} = ${binder.bind(value)}`;
  const entries = Object.entries(value);
  if (entries.length === 0) throw new NodeError('config_invalid', `where: ${column} has an empty condition`);
  return entries.map(([operator, operand]) => operatorCondition(column, operator, operand, binder)).join(' AND ');
}

function anyOf(column: string, values: readonly unknown[], binder: Binder): string {
  const given = values.filter((value) => value !== null && value !== undefined);
  const among = given.length > 0 ? `${column} IN (${given.map((value) => binder.bind(value)).join(', ')})` : '1 = 0';
  return given.length === values.length ? among : `(${among} OR ${column} IS NULL)`;
}

function operatorCondition(column: string, operator: string, operand: unknown, binder: Binder): string {
  if (operator === 'ne') return operand === null ? `${column} IS NOT NULL` : `${column} <> ${binder.bind(operand)}`;
  const sign = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
  if (sign === undefined || operand === null || typeof operand === 'object') {
    const known = ['ne', ...Object.keys(OPERATORS)].join(', ');
    throw new NodeError('config_invalid', `where: ${column} takes ${known} with a plain value, not "${operator}"`);
  }
  return `${column} ${sign} ${binder.bind(operand)}`;
}
