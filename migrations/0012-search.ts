import { type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * What ended with an error is found among millions that did not: for searches by the words of an error and for lists of
 * cancelled executions. An error is set with the end of an execution only, so claiming one is still a HOT update, and one
 * that completes never enters the index.
 */
export class Search0000000000012 implements MigrationInterface {
  name = 'Search0000000000012';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX execution_error ON execution (id) WHERE error IS NOT NULL');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX execution_error');
  }
}
