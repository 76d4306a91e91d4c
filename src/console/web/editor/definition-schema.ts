import type { JsonSchema } from '../ui/json-schema';

/** What stands around the configs of the types, whose schemas come from the API. */
const duration: JsonSchema = { type: 'string', description: '500ms, 30s, 5m, 2h, 7d' };
const expression: JsonSchema = { type: 'string', description: 'An expression: {{ … }}; the braces may be left out.' };

const retry: JsonSchema = {
  type: 'object',
  description: 'When and how often it is tried again.',
  properties: {
    max_attempts: { type: 'integer', minimum: 1 },
    initial_delay: duration,
    max_delay: duration,
    backoff_factor: { type: 'number' },
    jitter: { type: 'number', description: '0 to 1' },
    retry_on: { type: 'array', items: { type: 'string' }, description: 'Codes of errors, * allowed.' },
    abort_on: { type: 'array', items: { type: 'string' }, description: 'Codes of errors, * allowed.' },
  },
};

export const STEP_SCHEMA: JsonSchema = {
  type: 'object',
  required: ['id', 'type'],
  properties: {
    id: { type: 'string', description: 'Unique; others name it by this.' },
    name: { type: 'string', description: 'What people see.' },
    type: { type: 'string', description: 'The node type.' },
    config: { type: 'object', description: 'What the node type asks for.' },
    depends_on: {
      type: 'array',
      items: { type: 'string' },
      description: 'Steps that come before. Left out: the step before it. []: a root.',
    },
    join: {
      type: 'string',
      enum: ['all', 'any', 'all_done'],
      default: 'all',
      description: 'What several dependencies mean.',
    },
    when: { ...expression, description: 'Skipped unless it is true.' },
    timeout: duration,
    retry_policy: retry,
    on_error: { description: 'fail, continue, or {goto: <step id>}.', default: 'fail' },
    on_interrupt: {
      type: 'string',
      enum: ['retry', 'fail', 'ask'],
      default: 'retry',
      description: 'What a cut-off attempt does.',
    },
    is_parallel: { type: 'boolean', default: false, description: 'Beside the step before it.' },
    input_mapping: { type: 'object', description: 'What the step sees as its input.' },
    output_mapping: { description: 'What others see as its output.' },
    priority: { type: 'integer', minimum: 1, maximum: 10 },
    disabled: { type: 'boolean', default: false, description: 'Skipped.' },
    notes: { type: 'string', description: 'For people.' },
  },
};

export const TRIGGER_SCHEMA: JsonSchema = {
  type: 'object',
  required: ['type'],
  properties: {
    type: { type: 'string', description: 'The trigger type.' },
    name: { type: 'string' },
    config: { type: 'object', description: 'What the trigger type asks for.' },
    is_enabled: { type: 'boolean', default: true },
    filter: { ...expression, description: 'An occurrence for which it is false is filtered.' },
    input: { description: 'The input of the execution, made from the payload.' },
    priority: { type: 'integer', minimum: 1, maximum: 10 },
    dedup: {
      type: 'object',
      properties: { key: { type: 'string' }, ttl: duration },
      description: 'Occurrences with one key start one execution.',
    },
    start_at: { type: 'string' },
    end_at: { type: 'string' },
    mode: { type: 'string', enum: ['execute', 'notify'] },
  },
};

export const DEFINITION_SCHEMA: JsonSchema = {
  type: 'object',
  required: ['name', 'steps'],
  properties: {
    version: { type: 'string', default: '1.0' },
    name: { type: 'string' },
    description: { type: 'string' },
    variables: { type: 'object', description: 'Defaults; an execution may override them.' },
    input_schema: { type: 'object', description: 'A JSON Schema that inputs must fit.' },
    output: { type: 'object', description: 'What the execution answers.' },
    timeout: { ...duration, description: 'Of the whole execution.' },
    max_parallel: { type: 'integer', minimum: 1, description: 'Steps that run at once.' },
    concurrency: {
      type: 'object',
      properties: {
        key: { type: 'string' },
        limit: { type: 'integer', minimum: 1 },
        on_limit: { type: 'string', enum: ['queue', 'skip', 'cancel_running', 'fail'] },
      },
      description: 'How many executions run at once.',
    },
    defaults: { type: 'object', properties: { retry, timeout: duration }, description: 'Of every step.' },
    retention: duration,
    steps: { type: 'array', description: 'What it does, in order.' },
    on_failure: { type: 'array', description: 'Steps that run when it has failed.' },
    finally: { type: 'array', description: 'Steps that run whatever happened.' },
    triggers: { type: 'array', description: 'What starts it.' },
  },
};
