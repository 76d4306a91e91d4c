import { describe, expect, it } from 'vitest';
import { childOf, readStored, readTraceparent, spanIdOf, toStored, toTraceparent } from './trace-context.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

describe('a traceparent', () => {
  it('is read and written as W3C Trace Context has it', () => {
    const context = readTraceparent(`00-${TRACE}-${SPAN}-01`);
    expect(context).toEqual({ traceId: TRACE, spanId: SPAN, isSampled: true, state: null });
    expect(toTraceparent(context ?? childOf(null))).toBe(`00-${TRACE}-${SPAN}-01`);
    expect(readTraceparent(`00-${TRACE}-${SPAN}-02`)?.isSampled).toBe(false);
    // A later version may say more.
    expect(readTraceparent(`01-${TRACE}-${SPAN}-01-more`)?.spanId).toBe(SPAN);
  });

  it.each([
    undefined,
    ['a', 'b'],
    '',
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}`,
  ])('is ignored where it is not valid: %s', (header) => {
    expect(readTraceparent(header)).toBeNull();
  });

  it('a child keeps the trace and the wish to be recorded', () => {
    const parent = { traceId: TRACE, spanId: SPAN, isSampled: false, state: 'a=1' };
    expect(childOf(parent)).toMatchObject({ traceId: TRACE, isSampled: false, state: 'a=1' });
    expect(childOf(parent).spanId).toMatch(/^[0-9a-f]{16}$/);
    expect(spanIdOf('x')).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe('a tracestate', () => {
  const read = (state: unknown) => readTraceparent(`00-${TRACE}-${SPAN}-01`, state);

  it('goes along with its traceparent, and with the row of an execution', () => {
    expect(read('rojo=00f067aa0ba902b7, tenant@vendor=t61rcWkgMzE')?.state).toBe(
      'rojo=00f067aa0ba902b7,tenant@vendor=t61rcWkgMzE',
    );
    const context = read('a=1,b=x y');
    expect(readStored(toStored(context ?? childOf(null)))).toEqual(context);
    expect(readStored(toStored({ ...(context ?? childOf(null)), state: null }))?.state).toBeNull();
    expect(readStored(null)).toBeNull();
    expect(readTraceparent('', 'a=1')).toBeNull();
  });

  it.each([['a'], ['A=1'], ['a=1=2'], ['a=\n'], [['a=1', 'b=2']], [`a=${'x'.repeat(600)}`], [' , ']])(
    'is dropped where it is not valid, and the trace goes on: %j',
    (state) => {
      expect(read(state)).toMatchObject({ traceId: TRACE, state: null });
    },
  );
});
