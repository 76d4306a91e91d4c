import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** What the one replica that looks after a trigger (a mailbox has one owner) tells the others about it. */
export class TriggerLiveness0000000000009 implements MigrationInterface {
  name = 'TriggerLiveness0000000000009';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
ALTER TABLE trigger
  -- connected since, last looked, last error, restarts; written at most twice a second
  ADD COLUMN liveness json,
  ADD COLUMN is_down boolean NOT NULL DEFAULT false;
CREATE INDEX trigger_down ON trigger (id) WHERE is_down AND armed_at IS NOT NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE trigger DROP COLUMN liveness, DROP COLUMN is_down');
  }
}
