import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Stays NULL, and costs nothing, unless traces are sent somewhere. */
export class TraceParent0000000000041 implements MigrationInterface {
  name = 'TraceParent0000000000041';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
ALTER TABLE execution
  -- the span that it was started in, as W3C Trace Context writes it
  ADD COLUMN trace_parent text`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE execution DROP COLUMN trace_parent');
  }
}
