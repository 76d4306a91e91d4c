import { ValidateBy } from 'class-validator';

/** Names that mean something else already. */
const TAKEN = ['input', 'variables', 'secrets', 'steps', 'trigger', 'execution', 'env', 'index', 'output', 'event'];
const WORDS = ['true', 'false', 'null', 'in'];

export function IsVariableName(): PropertyDecorator {
  return ValidateBy({
    name: 'isVariableName',
    validator: {
      validate: (value) =>
        typeof value === 'string' && /^[A-Za-z_]\w{0,63}$/.test(value) && ![...TAKEN, ...WORDS].includes(value),
      defaultMessage: (rule) =>
        `${rule?.property ?? ''} must be a name of letters, digits and _, and none of ${TAKEN.join(', ')}`,
    },
  });
}
