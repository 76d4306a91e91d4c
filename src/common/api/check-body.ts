import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import type { Fault } from '../errors/app-error.js';
import { holdFreeValues, releaseFreeValues } from '../validation/free-values.js';

const OPTIONS = { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: false } as const;

/** Faults of a body against a DTO class, unknown fields included; paths are dotted. */
export function checkBody<T extends object>(type: new () => T, body: object): { value: T; faults: Fault[] } {
  const held = holdFreeValues(type, body);
  const value = releaseFreeValues(plainToInstance(type, held.value as object));
  return { value, faults: [...held.faults, ...faultsOf(validateSync(value, OPTIONS))] };
}

const UNKNOWN = 'whitelistValidation';

/** class-validator's findings as faults: one for each broken rule. The code is the rule's name in `snake_case`. */
export function faultsOf(errors: readonly ValidationError[], parent = ''): Fault[] {
  return errors.flatMap((error) => {
    const isIndex = /^\d+$/.test(error.property);
    const path = isIndex
      ? `${parent}[${error.property}]`
      : parent === ''
        ? error.property
        : `${parent}.${error.property}`;
    const own = Object.entries(error.constraints ?? {}).map(([rule, message]) =>
      rule === UNKNOWN
        ? { path, code: 'field_unknown', message: `There is no field "${error.property}" here.` }
        : { path, code: rule.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replace(/^_/, ''), message },
    );
    return [...own, ...faultsOf(error.children ?? [], path)];
  });
}
