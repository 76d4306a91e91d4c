import { type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * What the one replica that looks after a trigger (a mailbox has one owner) tells the others about it, and where the GitHub
 * App is installed.
 */
export class Triggers0000000000009 implements MigrationInterface {
  name = 'Triggers0000000000009';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
ALTER TABLE trigger
  -- connected since, last looked, last error, restarts; written at most twice a second
  ADD COLUMN liveness json,
  ADD COLUMN is_down boolean NOT NULL DEFAULT false;
CREATE INDEX trigger_down ON trigger (id) WHERE is_down AND armed_at IS NOT NULL;

CREATE TABLE github_installation (
  id           bigint PRIMARY KEY,
  account      text NOT NULL,
  account_type text,
  repository_selection text,
  permissions  json,
  suspended_at timestamptz,
  updated_at   timestamptz NOT NULL DEFAULT now()
)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE github_installation; ALTER TABLE trigger DROP COLUMN liveness, DROP COLUMN is_down');
  }
}
