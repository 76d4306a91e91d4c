import { type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * Child executions: those of a `subworkflow`, and the passes of a `loop` with `distribute`. Executions without a parent
 * leave these columns as they are and stay out of the indexes: accepting and claiming them costs what it did.
 */
export class Children0000000000011 implements MigrationInterface {
  name = 'Children0000000000011';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
ALTER TABLE execution
  -- the step execution that started it, and in which attempt (0: it counts for none any more); null: no step did
  ADD COLUMN parent_step_id uuid,
  ADD COLUMN parent_attempt integer,
  -- its parent does not wait for it: neither its end nor its parent's concerns the other
  ADD COLUMN is_detached boolean NOT NULL DEFAULT false,
  -- how many subworkflows deep
  ADD COLUMN depth smallint NOT NULL DEFAULT 0,
  -- the position of a distributed loop's pass, from 0; null: an execution of a whole definition
  ADD COLUMN pass integer,
  -- what a pass sees beside item and index: {item_name, places}
  ADD COLUMN pass_names json;
-- the children of an execution, for lists
CREATE INDEX execution_parent ON execution (parent_id, id) WHERE parent_id IS NOT NULL;
-- the children of a step execution
CREATE INDEX execution_child ON execution (parent_step_id, pass) WHERE parent_step_id IS NOT NULL;
-- whether one of them is left
CREATE INDEX execution_open_child ON execution (parent_step_id) WHERE is_open AND parent_step_id IS NOT NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
ALTER TABLE execution
  DROP COLUMN parent_step_id, DROP COLUMN parent_attempt, DROP COLUMN is_detached, DROP COLUMN depth,
  DROP COLUMN pass, DROP COLUMN pass_names`);
  }
}
