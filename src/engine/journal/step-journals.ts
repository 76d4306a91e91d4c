import { Injectable } from '@nestjs/common';
import { Database } from '../../common/database/database.js';
import { GroupCommit } from '../../common/database/group-commit.js';
import { Redactor } from '../../common/logging/redactor.js';
import type { StepJournal } from '../../nodes/node.contract.js';
import { NodeError } from '../../nodes/nodes.errors.js';
import { journalStatement, type JournalRow } from './journal.statement.js';

type Owned = Omit<JournalRow, 'key' | 'value'>;

/** Index: the primary key. */
const READ = /* sql */ `
SELECT key, value FROM step_journal WHERE step_execution_id = $1 AND attempt = $2`;

/** The journals of steps that checkpoint what they do inside. */
@Injectable()
export class StepJournals {
  constructor(
    private readonly database: Database,
    private readonly commit: GroupCommit,
    private readonly redactor: Redactor,
  ) {}

  of(owned: Owned): StepJournal {
    return {
      read: async () => {
        const rows = await this.database.query<{ key: string; value: unknown }>(READ, [
          owned.stepExecutionId,
          owned.attempt,
        ]);
        return new Map(rows.map(({ key, value }) => [key, value]));
      },
      write: async (key, value) => {
        const text = JSON.stringify(this.redactor.value(value) ?? null);
        const isKept = await this.commit.submit(journalStatement, { ...owned, key, value: text });
        if (!isKept) throw new NodeError('replaced', 'Another owner has taken the execution', { retryable: true });
      },
    };
  }
}
