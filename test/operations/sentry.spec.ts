import { describe, expect, it } from 'vitest';
import { createLogger, type LogSink } from '../../src/common/logging/logger.js';
import { NestLogger } from '../../src/common/logging/nest-logger.js';
import { Redactor } from '../../src/common/logging/redactor.js';
import { SentrySink } from '../../src/common/logging/sentry.js';
import { startRecordingServer, type RecordingServer } from '../support/recording-server.js';

interface SentEvent {
  level: string;
  message: string;
  logger?: string;
  release: string;
  tags: Record<string, string>;
  exception?: { values: { type: string; value: string; stacktrace: { frames: { filename: string }[] } }[] };
}

/** What an envelope holds: a line of its own, then for each item a header and a payload. */
function eventsIn({ calls }: RecordingServer): SentEvent[] {
  return calls.flatMap(({ body }) => {
    const [, ...lines] = body
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type?: string });
    return lines.flatMap(({ type }, index) => (type === 'event' ? [lines[index + 1] as unknown as SentEvent] : []));
  });
}

async function setUp() {
  const sentry = await startRecordingServer((_call, response) => response.end('{"id":"1"}'));
  const dsn = `${sentry.url.replace('http://', 'http://publickey@')}/42`;
  const lines: string[] = [];
  const log: LogSink = { write: (line) => void lines.push(line), flush: () => undefined };
  const sink = new SentrySink(log, { serviceName: 'mill' }, dsn, '1.2.3');
  const redactor = new Redactor();
  const logger = new NestLogger(createLogger({ logLevel: 'info', serviceName: 'mill' }, redactor, sink));
  return { sentry, sink, redactor, logger, lines };
}

describe('Sentry', () => {
  it('hears of errors, with their stack and what they belong to, and of nothing less', async () => {
    const { sentry, sink, logger, lines } = await setUp();
    logger.log('all is well');
    logger.warn('nearly');
    logger.error(
      { message: 'it broke', execution_id: 'e1', workflow_id: 'w1', err: new TypeError('no such thing') },
      'Runner',
    );
    logger.fatal('the end');
    await sink.close();
    expect(lines).toHaveLength(4);
    expect(sentry.calls.every(({ url }) => url.startsWith('/api/42/envelope/'))).toBe(true);
    expect(eventsIn(sentry)).toEqual([
      expect.objectContaining({
        level: 'error',
        message: 'it broke',
        logger: 'Runner',
        release: 'millrace@1.2.3',
        tags: { execution_id: 'e1', workflow_id: 'w1' },
      }),
      expect.objectContaining({ level: 'fatal', message: 'the end' }),
    ]);
    const [thrown] = eventsIn(sentry)[0]?.exception?.values ?? [];
    expect(thrown).toMatchObject({ type: 'TypeError', value: 'no such thing' });
    expect(thrown?.stacktrace.frames.some(({ filename }) => filename.includes('sentry.spec'))).toBe(true);
  });

  it('hears no secret, in whatever form', async () => {
    const { sentry, sink, redactor, logger } = await setUp();
    redactor.add('hunter2-hunter2');
    const encoded = Buffer.from('hunter2-hunter2').toString('base64');
    logger.error({
      message: 'cannot reach https://u:hunter2-hunter2@host',
      password: 'other',
      err: new Error(`refused hunter2-hunter2 and ${encoded}`),
    });
    await sink.close();
    expect(eventsIn(sentry)).toHaveLength(1);
    expect(sentry.calls.map(({ body }) => body).join()).not.toMatch(new RegExp(`hunter2|${encoded}|other`));
  });

  it('that is away changes nothing', async () => {
    const lines: string[] = [];
    const log: LogSink = { write: (line) => void lines.push(line), flush: () => undefined };
    const sink = new SentrySink(log, { serviceName: 'mill' }, 'http://key@127.0.0.1:1/1', '1');
    sink.write('{"level":"error","message":"x"}\n');
    sink.write('{"level":"error" is no JSON\n');
    await sink.close();
    expect(lines).toHaveLength(2);
  });
});
