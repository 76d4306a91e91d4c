import type { RunScope } from './run-scope.js';

/** Brings a hold what was answered to its waiting steps. An answer and the end of the time exclude each other. */
export class WaitingAnswers {
  constructor(private readonly run: RunScope) {}

  /** Gives each waiting step the answer that has come for it. */
  async take(): Promise<void> {
    const { book, services } = this.run;
    const suspended = book.suspended();
    if (suspended.length === 0) return;
    const answers = await services.answersOf(suspended.map(({ fields }) => fields));
    for (const record of suspended) record.answer = answers.get(record.fields.id) ?? null;
  }

  /** Closes those whose time is up: what is recorded first counts, their answer or that there was none. */
  async closeOverdue(): Promise<void> {
    const { book, claimed, services } = this.run;
    const overdue = book.overdue();
    if (overdue.length === 0) return;
    const owned = { executionId: claimed.id, epoch: claimed.epoch };
    const answers = await services.closeAnswers(
      owned,
      overdue.map(({ fields }) => fields),
    );
    for (const record of overdue) {
      record.answer = answers.get(record.fields.id) ?? null;
      record.isOutOfTime = record.answer === null;
    }
  }
}
