import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Whom an approval asks besides when nobody has decided for some time (ADR 61). */
export class Escalations0000000000061 implements MigrationInterface {
  name = 'Escalations0000000000061';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
-- [{to, mail, due_at, escalated_at}]
ALTER TABLE approval ADD COLUMN escalations json NOT NULL DEFAULT '[]'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE approval DROP COLUMN escalations');
  }
}
