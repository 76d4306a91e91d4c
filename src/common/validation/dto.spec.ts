import { ArrayMinSize, IsIn, IsInt, IsOptional, IsString } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { readDto } from './dto-check.js';
import { dtoSchema } from './dto-schema.js';
import { Field, Nested, NestedList } from './fields.js';
import { DURATION_SCHEMA, IsDuration } from './rules.js';

class Address {
  @Field('Where to')
  @IsString()
  host_name!: string;

  @Field('Which door')
  @IsOptional()
  @IsInt()
  port: number = 80;
}

class Parcel {
  @Field('One of two')
  @IsOptional()
  @IsIn(['small', 'large'])
  size: 'small' | 'large' = 'small';

  @Field('How long it may take', DURATION_SCHEMA)
  @IsOptional()
  @IsDuration()
  deadline?: string | number;

  @Field('The receiver')
  @Nested(() => Address)
  to!: Address;

  @Field('Stops on the way')
  @IsOptional()
  @ArrayMinSize(1)
  @NestedList(() => Address)
  stops?: Address[];
}

describe('a DTO read from plain data', () => {
  it('carries its defaults, also inside', () => {
    const { value, faults } = readDto(Parcel, { to: { host_name: 'a' } });
    expect(faults).toEqual([]);
    expect(value).toMatchObject({ size: 'small', to: { host_name: 'a', port: 80 } });
    expect(value.to).toBeInstanceOf(Address);
  });

  it('takes camelCase for the same words, and null for a default', () => {
    const { value, faults } = readDto(Parcel, { to: { hostName: 'a', port: null } });
    expect(faults).toEqual([]);
    expect(value.to).toMatchObject({ host_name: 'a', port: 80 });
  });

  it('tells all faults with their paths', () => {
    const { faults } = readDto(Parcel, {
      sise: 'small',
      size: 'huge',
      deadline: 'soon',
      to: { port: 'x' },
      stops: [{ host_name: 'b' }, { host_name: 5, hostess: 1 }],
    });
    expect(faults.map(({ path, code }) => `${path} ${code}`).sort()).toEqual([
      'deadline value_invalid',
      'sise field_unknown',
      'size value_invalid',
      'stops[1].host_name value_invalid',
      'stops[1].hostess field_unknown',
      'to.host_name field_required',
      'to.port value_invalid',
    ]);
    expect(faults.find(({ path }) => path === 'sise')?.hint).toBe('Did you mean "size"?');
  });

  it.each([['text'], [5], [[]], [null]])('refuses %j where an object belongs', (data) => {
    expect(readDto(Parcel, { to: data }).faults).toMatchObject([{ path: 'to' }]);
    expect(readDto(Parcel, data).faults).toMatchObject([{ path: '', code: 'value_invalid' }]);
  });

  it('leaves out the rules of what is open', () => {
    const isOpen = (value: unknown): boolean => value === '{{ x }}';
    const { faults } = readDto(Parcel, { size: '{{ x }}', to: '{{ x }}' }, isOpen);
    expect(faults).toEqual([]);
  });

  it('keeps names that mean something to JavaScript as data', () => {
    const data = JSON.parse('{"to": {"host_name": "a"}, "__proto__": {"size": "large"}, "constructor": 1}') as object;
    const { value, faults } = readDto(Parcel, data);
    expect(faults.map(({ path }) => path).sort()).toEqual(['__proto__', 'constructor']);
    expect(value.size).toBe('small');
  });
});

describe('the JSON Schema of a DTO', () => {
  it('is whole: nested objects, enums, defaults, descriptions', () => {
    expect(dtoSchema(Parcel)).toMatchObject({
      type: 'object',
      additionalProperties: false,
      required: ['to'],
      properties: {
        size: { enum: ['small', 'large'], default: 'small', description: 'One of two' },
        deadline: { type: ['string', 'number'] },
        to: {
          type: 'object',
          required: ['host_name'],
          description: 'The receiver',
          properties: { host_name: { type: 'string' }, port: { type: 'integer', default: 80 } },
        },
        stops: { type: 'array', minItems: 1, items: { type: 'object', required: ['host_name'] } },
      },
    });
  });
});
