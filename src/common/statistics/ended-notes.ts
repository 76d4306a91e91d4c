import { idTime } from '../ids.js';
import { EMPTY, sumOf, tallyOf, type EndedExecution, type StepTallies, type Tally } from './tally.js';

/** Milliseconds. Statistics tell minutes apart, and nothing finer. */
export const MINUTE_MS = 60_000;

/** What became of executions of one workflow that were accepted in one minute. */
export interface EndedNote {
  readonly workflow_id: string;
  /** The first millisecond of the minute. */
  readonly at: number;
  readonly tally: Tally;
}

/** An execution that ended, as the statistics see it. */
export interface NotedExecution extends EndedExecution {
  readonly id: string;
  readonly workflowId: string;
  readonly steps: StepTallies | undefined;
  /** Of another execution: only its steps count. */
  readonly isPart: boolean;
}

/** Together what shares workflow and minute: under load most of a commit does. */
export function notesOf(ended: readonly NotedExecution[]): EndedNote[] {
  const notes = new Map<string, { workflow_id: string; at: number; tallies: Tally[] }>();
  for (const execution of ended) {
    const { id, workflowId, steps = {}, isPart } = execution;
    const at = Math.floor(idTime(id) / MINUTE_MS) * MINUTE_MS;
    const tally = { ...(isPart ? EMPTY : tallyOf(execution)), steps };
    const key = `${workflowId} ${at}`;
    const note = notes.get(key);
    if (note === undefined) notes.set(key, { workflow_id: workflowId, at, tallies: [tally] });
    else note.tallies.push(tally);
  }
  return Array.from(notes.values(), ({ tallies, ...note }) => ({ ...note, tally: sumOf(tallies) }));
}

/**
 * Part of the statement that counts ended executions: an append to a table without an index, which the roll-up empties.
 * @param parameter the place of the notes, as JSON.
 */
export const noteWithin = (parameter: string): string => /* sql */ `
WITH noted AS (INSERT INTO statistics_note (notes) VALUES (${parameter}::json))`;
