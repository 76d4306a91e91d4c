import { type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * Words of errors are found by their trigrams, also when hardly any error has them: without this index a search reads the
 * errors newest first until it has found enough. Only what ends with an error enters it. `pg_trgm` comes with PostgreSQL and
 * may be installed by the owner of a database; where it is missing or forbidden, searches are what they were before.
 */
export class ErrorWords0000000000080 implements MigrationInterface {
  name = 'ErrorWords0000000000080';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
CREATE FUNCTION execution_error_words(error json) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN lower(coalesce(error->>'code', '') || chr(10) || coalesce(error->>'message', ''))`);
    await runner.query(`
DO $$ BEGIN
  CREATE EXTENSION IF NOT EXISTS pg_trgm;
  CREATE INDEX execution_error_words ON execution USING gin (execution_error_words(error) gin_trgm_ops)
    WHERE error IS NOT NULL;
EXCEPTION WHEN undefined_file OR feature_not_supported OR insufficient_privilege OR undefined_object THEN
  RAISE NOTICE 'searches of errors go without an index: %', SQLERRM;
END $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX IF EXISTS execution_error_words');
    await runner.query('DROP FUNCTION execution_error_words');
  }
}
