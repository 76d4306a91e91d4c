import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** When a trigger last had something before it, whatever became of that; `liveness` tells of the types that poll. */
export class TriggerLooks0000000000021 implements MigrationInterface {
  name = 'TriggerLooks0000000000021';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE trigger ADD COLUMN last_looked timestamptz');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE trigger DROP COLUMN last_looked');
  }
}
