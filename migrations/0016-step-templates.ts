import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Step templates, each with its versions; and which memory changes were made, so that no repetition makes them again. */
export class StepTemplates0000000000016 implements MigrationInterface {
  name = 'StepTemplates0000000000016';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
CREATE TABLE node_template (
  id         uuid PRIMARY KEY,
  name       text NOT NULL UNIQUE,
  -- the latest
  version    integer NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE node_template_version (
  template_id uuid NOT NULL REFERENCES node_template ON DELETE CASCADE,
  version     integer NOT NULL,
  description text NOT NULL,
  parameters  json NOT NULL,
  steps       json NOT NULL,
  created_by  text,
  created_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (template_id, version)
);
-- What the attempt of a step has changed in "memory", and what came of it.
CREATE TABLE memory_mark (
  idempotency_key text NOT NULL,
  scope           text NOT NULL,
  owner           text NOT NULL,
  key             text NOT NULL,
  result          json NOT NULL,
  made_at         timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (idempotency_key, scope, owner, key)
);
CREATE INDEX memory_mark_age ON memory_mark (made_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE memory_mark; DROP TABLE node_template_version; DROP TABLE node_template');
  }
}
