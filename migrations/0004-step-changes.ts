import { type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * `change` numbers the states of step executions, for those who watch. Whoever writes steps of an execution holds its
 * row, so within an execution the numbers rise in the order of commits. No index: it would cost every checkpoint, and
 * who watches reads the steps of one execution only. Rows that were there before keep 0; nothing is rewritten.
 */
export class StepChanges0000000000004 implements MigrationInterface {
  name = 'StepChanges0000000000004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
CREATE SEQUENCE step_change CACHE 1;
ALTER TABLE step_execution ADD COLUMN change bigint NOT NULL DEFAULT 0;
ALTER TABLE step_execution ALTER COLUMN change SET DEFAULT nextval('step_change')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE step_execution DROP COLUMN change; DROP SEQUENCE step_change');
  }
}
