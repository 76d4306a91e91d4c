import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** A `stop` step inside a pass of a distributed loop ends the whole execution: its parent has to know. */
export class StoppedPasses0000000000030 implements MigrationInterface {
  name = 'StoppedPasses0000000000030';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
-- a \`stop\` step has ended it
ALTER TABLE execution ADD COLUMN has_stopped boolean NOT NULL DEFAULT false`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE execution DROP COLUMN has_stopped');
  }
}
