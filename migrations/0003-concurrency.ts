import { type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * A definition's `concurrency`. Executions without such a rule leave these columns as they are, and stay out of the
 * index: claiming them is still a HOT update.
 */
export class Concurrency0000000000003 implements MigrationInterface {
  name = 'Concurrency0000000000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
ALTER TABLE execution
  -- executions of one key share its places; null: no rule
  ADD COLUMN concurrency_key text,
  ADD COLUMN concurrency_limit integer,
  -- it counts against the limit from here until it has ended; without a place nobody can claim it
  ADD COLUMN has_place boolean NOT NULL DEFAULT false,
  -- older ones of its key make room for it ('cancel_running')
  ADD COLUMN supersedes boolean NOT NULL DEFAULT false;
-- how many hold a place of a key, and who is the next
CREATE INDEX execution_concurrency ON execution (concurrency_key, has_place, priority DESC, id)
  WHERE is_open AND concurrency_key IS NOT NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
ALTER TABLE execution
  DROP COLUMN concurrency_key, DROP COLUMN concurrency_limit, DROP COLUMN has_place, DROP COLUMN supersedes`);
  }
}
