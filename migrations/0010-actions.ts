import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Connections: addresses and credentials of other systems, sealed as secrets are; and what `memory` steps keep. */
export class Actions0000000000010 implements MigrationInterface {
  name = 'Actions0000000000010';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
CREATE TABLE connection (
  id          uuid PRIMARY KEY,
  name        text NOT NULL UNIQUE,
  type        text NOT NULL,
  -- the whole config: AES-256-GCM, key id beside nonce, tag, ciphertext
  key_id      text NOT NULL,
  sealed      bytea NOT NULL,
  description text NOT NULL DEFAULT '',
  revision    int NOT NULL DEFAULT 1,
  created_by  text,
  created_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE memory (
  scope      text NOT NULL,
  -- the execution, workflow or conversation; empty for global
  owner      text NOT NULL,
  key        text NOT NULL,
  value      json NOT NULL,
  -- the value in words, for search
  words      text NOT NULL,
  revision   bigint NOT NULL DEFAULT 1,
  -- the idempotency key of the step that wrote last: its repetition changes nothing
  written_by text,
  expires_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (scope, owner, key)
);
CREATE INDEX memory_expiry ON memory (expires_at) WHERE expires_at IS NOT NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE memory; DROP TABLE connection');
  }
}
