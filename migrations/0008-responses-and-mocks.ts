import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Both columns stay NULL, and cost nothing, for executions that neither answer a request nor are tests. */
export class ResponsesAndMocks0000000000008 implements MigrationInterface {
  name = 'ResponsesAndMocks0000000000008';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
ALTER TABLE execution
  -- what its first 'respond' step has said to the request that awaits it: {status_code, headers, body}
  ADD COLUMN response json,
  -- of a test run: what stands in for its steps, by step path or id
  ADD COLUMN mocks json`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE execution DROP COLUMN response, DROP COLUMN mocks');
  }
}
