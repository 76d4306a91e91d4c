import { ValidateBy } from 'class-validator';

export function IsWaitFor(): PropertyDecorator {
  return ValidateBy({
    name: 'isWaitFor',
    validator: {
      validate: (value) => value === 'all' || value === 'any' || (Number.isInteger(value) && (value as number) > 0),
      defaultMessage: () => 'wait_for must be all, any, or a number of branches',
    },
  });
}
