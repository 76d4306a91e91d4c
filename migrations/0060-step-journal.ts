import { type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * What a step has done inside itself, while it goes on: the turns and tool calls of an agent. A part of the history,
 * partitioned by the step execution's id, whose milliseconds are its execution's.
 */
export class StepJournal0000000000060 implements MigrationInterface {
  name = 'StepJournal0000000000060';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
CREATE TABLE step_journal (
  step_execution_id uuid NOT NULL,
  execution_id      uuid NOT NULL,
  -- of the execution: a retry of it begins a new journal
  attempt           integer NOT NULL,
  key               text NOT NULL,
  value             json NOT NULL,
  PRIMARY KEY (step_execution_id, attempt, key)
) PARTITION BY RANGE (step_execution_id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE step_journal');
  }
}
