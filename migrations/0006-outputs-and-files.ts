import { type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * Outputs that are too big for their row, and the files of executions. Their tables are parts of the history: partitioned
 * by the same ids, dropped with the same days. Rows of an execution are found by its milliseconds in the primary key, so
 * that no further index is kept.
 */
export class OutputsAndFiles0000000000006 implements MigrationInterface {
  name = 'OutputsAndFiles0000000000006';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
-- the id is that of the step execution, or of the execution, whose output it is
CREATE TABLE large_output (
  id           uuid NOT NULL,
  execution_id uuid NOT NULL,
  output       json NOT NULL,
  PRIMARY KEY (id)
) PARTITION BY RANGE (id);

ALTER TABLE step_execution
  -- bytes of an output that lies in large_output; null: it stands in this row
  ADD COLUMN output_size integer;
ALTER TABLE execution
  ADD COLUMN output_size integer;

CREATE TABLE execution_file (
  id           uuid NOT NULL,
  execution_id uuid NOT NULL,
  -- unique within the execution: whoever writes holds the execution's row
  name         text NOT NULL,
  type         text NOT NULL,
  size         bigint NOT NULL,
  sha256       text NOT NULL,
  -- null: it came with what started the execution
  step_path    text,
  -- of the chunks; every writing has its own, so that a reader never sees two mixed
  content_id   uuid NOT NULL,
  written_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id)
) PARTITION BY RANGE (id);

CREATE TABLE execution_file_chunk (
  content_id   uuid NOT NULL,
  position     integer NOT NULL,
  execution_id uuid NOT NULL,
  bytes        bytea NOT NULL,
  PRIMARY KEY (content_id, position)
) PARTITION BY RANGE (content_id);
-- most files are compressed already
ALTER TABLE execution_file_chunk ALTER COLUMN bytes SET STORAGE EXTERNAL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
DROP TABLE large_output, execution_file, execution_file_chunk;
ALTER TABLE step_execution DROP COLUMN output_size;
ALTER TABLE execution DROP COLUMN output_size`);
  }
}
