import { ValidateBy } from 'class-validator';

export interface BranchEnds {
  readonly head?: readonly string[];
  readonly base?: readonly string[];
}

/** A list of patterns, or one for each end of a pull request. */
export function IsBranches(): PropertyDecorator {
  return ValidateBy({
    name: 'isBranches',
    validator: {
      validate: (value) => isTexts(value) || isEnds(value),
      defaultMessage: () => 'branches must be a list of patterns, or {head: […], base: […]}',
    },
  });
}

/** A text, or a list of some. */
export function IsTexts(): PropertyDecorator {
  return ValidateBy({
    name: 'isTexts',
    validator: {
      validate: (value) => (typeof value === 'string' && value !== '') || isTexts(value),
      defaultMessage: (rule) => `${rule?.property ?? ''} must be a text or a list of texts`,
    },
  });
}

export function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string' && one !== '');
}

function isEnds(value: unknown): value is BranchEnds {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  return entries.length > 0 && entries.every(([name, list]) => (name === 'head' || name === 'base') && isTexts(list));
}
