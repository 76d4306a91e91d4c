import { describe, expect, it } from 'vitest';
import { createLogger } from './logger.js';
import { NestLogger } from './nest-logger.js';
import { pretty } from './pretty.js';
import { Redactor } from './redactor.js';

function setUp(): { lines: () => Record<string, unknown>[]; logger: NestLogger; redactor: Redactor } {
  const written: string[] = [];
  const redactor = new Redactor();
  const sink = { write: (line: string) => void written.push(line), flush: () => undefined };
  const logger = new NestLogger(createLogger({ logLevel: 'info', serviceName: 'workflow_scheduler' }, redactor, sink));
  return { lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>), logger, redactor };
}

describe('the log', () => {
  it('is one JSON object a line, with the names of operations.md', () => {
    const { lines, logger } = setUp();
    const fields = { trigger_type: 'cron', workflow_id: 'w', execution_id: 'e', step_path: 'a.b', duration_ms: 5 };
    logger.log({ message: 'ended', event: 'execution_ended', status: 'completed', ...fields }, 'Engine');
    expect(lines()).toEqual([
      {
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
        service: 'workflow_scheduler',
        level: 'info',
        context: 'Engine',
        event: 'execution_ended',
        status: 'completed',
        message: 'ended',
        ...fields,
      },
    ]);
  });

  it('takes errors with their causes, and stacks as Nest hands them over', () => {
    const { lines, logger } = setUp();
    logger.error(new Error('outer', { cause: new Error('inner') }), 'Context');
    logger.error('plain', 'Error: x\n    at somewhere', 'Context');
    expect(lines()).toMatchObject([
      { message: 'outer', err: { type: 'Error', message: 'outer', cause: { message: 'inner' } } },
      { message: 'plain', stack: expect.stringContaining('at somewhere') as string, context: 'Context' },
    ]);
  });

  it('covers secret names at any depth, and known secrets wherever they stand', () => {
    const { lines, logger, redactor } = setUp();
    redactor.add('hunter2', '424242');
    logger.warn({
      message: 'sent hunter2',
      headers: { Authorization: 'Bearer x', accept: '*/*' },
      api_key: 'k',
      n: 424242,
    });
    logger.error(new Error('cannot reach https://u:hunter2@host'));
    expect(lines()[0]).toMatchObject({
      message: 'sent ***',
      headers: { Authorization: '***', accept: '*/*' },
      api_key: '***',
      n: '***',
    });
    expect(JSON.stringify(lines())).not.toContain('hunter2');
  });

  it('survives a value that holds itself', () => {
    const { lines, logger } = setUp();
    const loop: Record<string, unknown> = {};
    loop.self = loop;
    logger.log({ message: 'loop', loop });
    expect(lines()).toHaveLength(1);
  });

  it('is readable text on a terminal', () => {
    let text = '';
    pretty({ write: (line) => (text += line) }, false).write(
      '{"level":"info","timestamp":"2026-01-02T03:04:05.000Z","service":"s","context":"Boot","message":"ready","port":1}\n',
    );
    expect(text).toMatch(/INFO.*Boot: ready.*"port":1/);
  });
});
