import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** What calls with an `Idempotency-Key` have taken, where that is not one execution: those of a bulk retry, events. */
export class KeyedCalls0000000000042 implements MigrationInterface {
  name = 'KeyedCalls0000000000042';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
CREATE TABLE keyed_call (
  -- SHA-256 of route, caller and key
  key        text PRIMARY KEY,
  id         uuid NOT NULL,
  taken      json NOT NULL,
  -- NULL until the first call has come to its end
  answer     json,
  expires_at timestamptz NOT NULL
)`);
    await runner.query('CREATE INDEX keyed_call_expiry ON keyed_call (expires_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE keyed_call');
  }
}
