import { newIdWithin } from '../../common/ids.js';
import type { StepLog } from '../../nodes/node.contract.js';
import type { LogLevel, LogRow } from './logs.js';
import type { Redaction } from './run-services.js';
import type { StepRecord } from './step-record.js';

/** Lines that wait for the next checkpoint; further ones are left out, and a line says so. */
const MAX_LINES = 5_000;
const MAX_MESSAGE = 64 * 1024;

/** The execution's log in the memory of its owner; lines are written with the next checkpoint. */
export class RunLog {
  private lines: LogRow[] = [];
  private leftOut = 0;

  constructor(
    private readonly executionId: string,
    private readonly redaction: Redaction,
    private readonly now: () => number,
    private readonly onFirstLine: () => void,
  ) {}

  forStep(record: StepRecord): StepLog {
    const { path } = record;
    const { attempt } = record.fields;
    const write = (level: LogLevel) => (message: string, data?: unknown) =>
      this.add(level, message, data, path, attempt);
    return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  }

  add(level: LogLevel, message: string, data: unknown, stepPath: string | null, attempt: number | null): void {
    if (this.lines.length >= MAX_LINES) {
      this.leftOut++;
      return;
    }
    const at = this.now();
    this.lines.push({
      id: newIdWithin(this.executionId, at),
      executionId: this.executionId,
      at,
      level,
      stepPath,
      attempt,
      // In this order: half a secret is not found any more.
      message: this.redaction.text(message).slice(0, MAX_MESSAGE),
      data: data === undefined ? null : this.redaction.value(safe(data)),
    });
    if (this.lines.length === 1) this.onFirstLine();
  }

  get hasLines(): boolean {
    return this.lines.length > 0;
  }

  take(): LogRow[] {
    if (this.leftOut > 0) {
      const count = this.leftOut;
      this.leftOut = 0;
      const taken = this.take();
      this.add(
        'warn',
        `${count} further lines were left out: a step may log ${MAX_LINES} between two checkpoints`,
        undefined,
        null,
        null,
      );
      return [...taken, ...this.take()];
    }
    const taken = this.lines;
    if (taken.length > 0) this.lines = [];
    return taken;
  }
}

/** What a step logs must not be able to break the checkpoint that carries it. */
function safe(data: unknown): unknown {
  try {
    const text: unknown = JSON.stringify(data);
    return typeof text === 'string' ? (JSON.parse(text) as unknown) : null;
  } catch {
    return String(data);
  }
}
