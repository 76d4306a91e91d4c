import { isId } from '../../common/ids.js';

/** How far a client has heard: the id of an event of `/executions/{id}/events`. */
export interface Position {
  /** `change` of the last step state. */
  step: number;
  /** The last log line. */
  log: string | null;
  /** The last state of the execution itself: its attempt, its status, and `!` when it was asked to pause. */
  execution: string;
}

export const START: Readonly<Position> = { step: -1, log: null, execution: '' };

export function formatPosition({ step, log, execution }: Position): string {
  return `${step}/${log ?? ''}/${execution}`;
}

const FORMAT = /^(-1|\d{1,15})\/([0-9a-f-]*)\/(\d+[a-z_]+!?)$/;

/** @returns null for what this API did not make. */
export function readPosition(text: string): Position | null {
  const [, step, log = '', execution] = FORMAT.exec(text) ?? [];
  if (step === undefined || execution === undefined || (log !== '' && !isId(log))) return null;
  return { step: Number(step), log: log === '' ? null : log, execution };
}
