import { Transform } from 'class-transformer';

const FLAGS: ReadonlyMap<unknown, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

/** A query parameter that is a boolean: `true` or `1`, `false` or `0`. Anything else is left to the field's rules. */
export const QueryFlag = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => FLAGS.get(value) ?? value);
