import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Where the GitHub App is installed, as its own events tell. */
export class GitHubInstallations0000000000014 implements MigrationInterface {
  name = 'GitHubInstallations0000000000014';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
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
    await runner.query('DROP TABLE github_installation');
  }
}
