import { boolean, duration, fields, number, oneOf, text, texts, time, type Field } from './fields.js';

export const retryPolicy = fields(
  {
    max_attempts: number(1, 100, true),
    initial_delay: duration,
    max_delay: duration,
    backoff_factor: number(1, 100, false),
    jitter: number(0, 1, false),
    retry_on: texts,
    abort_on: texts,
    max_duration: duration,
  },
  'A retry policy',
);

export const concurrency = fields(
  { key: text(10_000), limit: number(1, 100_000, true), on_limit: oneOf('queue', 'skip', 'cancel_running', 'fail') },
  '"concurrency"',
);

export const defaults = fields({ retry: retryPolicy, timeout: duration }, '"defaults"');

export const position = fields({ x: number(-1e9, 1e9, false), y: number(-1e9, 1e9, false) }, '"position"');

export const dedup = fields({ key: text(10_000), ttl: duration }, '"dedup"');

const goto = fields({ goto: text(200) }, '"on_error"');

/** `fail`, `continue`, or `{goto: <step id>}`. */
export const onError: Field = (value, path, faults) => {
  if (typeof value === 'string') return oneOf('fail', 'continue')(value, path, faults);
  const read = goto(value, path, faults);
  if (typeof read === 'object' && read !== null && !('goto' in read)) {
    faults.error('field_required', [...path, 'goto'], '"on_error" needs the step to go to.', {
      hint: 'on_error: {goto: <step id>}',
    });
    return undefined;
  }
  return read;
};

export const triggerCommon = {
  is_enabled: boolean,
  filter: text(10_000),
  input: (value: unknown) => value,
  priority: number(1, 10, true),
  dedup,
  start_at: time,
  end_at: time,
  mode: oneOf('execute', 'notify'),
} satisfies Record<string, Field>;
