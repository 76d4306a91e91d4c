import { Transform } from 'class-transformer';

/** A query parameter that is a list: with commas between, or given several times. */
export const QueryList = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.split(',') : value));
