import { getMetadataStorage, IsInt, IsString } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { readDto } from './dto-check.js';
import { Field } from './fields.js';

describe('the rules of a class', () => {
  it('hold at each validation, its own and those of the class it extends', () => {
    class Base {
      @Field('of the test')
      @IsString()
      name = '';
    }
    class Own extends Base {
      @Field('of the test')
      @IsInt()
      count = 0;
    }
    const faultsOf = (): string[] => readDto(Own, { name: 1, count: 'x' }).faults.map(({ path }) => path);
    expect(faultsOf().toSorted()).toEqual(['count', 'name']);
    expect(faultsOf().toSorted()).toEqual(['count', 'name']);
    expect(readDto(Base, { name: 1 }).faults.map(({ path }) => path)).toEqual(['name']);
  });

  it('are looked for once', () => {
    class Once {
      @Field('of the test')
      @IsString()
      name = '';
    }
    readDto(Once, { name: 'a' });
    const storage = getMetadataStorage();
    const [first, second] = [1, 2].map(() => storage.getTargetValidationMetadatas(Once, '', false, false));
    expect(first).toBe(second);
  });

  it('are looked for anew where groups are asked for', () => {
    class Grouped {
      @IsString({ groups: ['a'] })
      name = 1;
    }
    const storage = getMetadataStorage();
    const of = (group: string): number =>
      storage.getTargetValidationMetadatas(Grouped, '', false, false, [group]).length;
    expect([of('a'), of('b')]).toEqual([1, 0]);
  });
});
