import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** How long a trigger's occurrences must be known, and which timers fail. */
export class TriggerCare0000000000020 implements MigrationInterface {
  name = 'TriggerCare0000000000020';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
-- the retention of the workflow's version in force; null: it names none
ALTER TABLE trigger ADD COLUMN retention_ms bigint;
CREATE INDEX timer_failing ON timer (kind, subject_id) WHERE failures > 0`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX timer_failing; ALTER TABLE trigger DROP COLUMN retention_ms');
  }
}
