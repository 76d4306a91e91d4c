import { type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * What ended the wait of a step: a decision, an event, a child's end. Its owner takes it over when it next looks; the
 * row stays with the history. A step that waits again after a retry does so in another attempt.
 */
export class StepAnswers0000000000005 implements MigrationInterface {
  name = 'StepAnswers0000000000005';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
CREATE TABLE step_answer (
  -- of the step execution
  id           uuid NOT NULL,
  attempt      integer NOT NULL,
  execution_id uuid NOT NULL,
  answer       json,
  PRIMARY KEY (id, attempt)
) PARTITION BY RANGE (id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE step_answer');
  }
}
