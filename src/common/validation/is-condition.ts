import { ValidateBy, type ValidationOptions } from 'class-validator';

/** An expression's text before it was evaluated, and what it gave afterwards; `execute` refuses all but booleans. */
export function IsCondition(options?: ValidationOptions): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isCondition',
      validator: {
        validate: (value) => typeof value === 'string' || typeof value === 'boolean',
        defaultMessage: (rule) => `${rule?.property ?? ''} must be an expression that gives true or false`,
      },
    },
    options,
  );
}
