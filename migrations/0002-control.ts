import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Pausing: what was asked of a running execution outlives its owner, and a paused one knows since when. */
export class Control0000000000002 implements MigrationInterface {
  name = 'Control0000000000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
ALTER TABLE execution
  -- its owner starts nothing further and lets it come to rest as 'paused'
  ADD COLUMN pause_requested boolean NOT NULL DEFAULT false,
  -- while it is paused: since when; its deadline moves by that much when it is resumed
  ADD COLUMN paused_at timestamptz`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE execution DROP COLUMN pause_requested, DROP COLUMN paused_at');
  }
}
