/**
 * What no write may do, watched by triggers in the test database. A replica is known by its connections' application
 * name and by the pid that it wrote into `replica`; the harness keeps which is which in `faults.process`.
 */
export const WATCH = /* sql */ `
CREATE TABLE faults.process (pid integer PRIMARY KEY, application text NOT NULL);
CREATE TABLE faults.violation (
  at timestamptz NOT NULL DEFAULT clock_timestamp(), promise integer NOT NULL, detail text NOT NULL);
CREATE TABLE faults.finished (
  execution_id uuid NOT NULL, step_path text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());

-- null: nobody owns it, or the owner has left.
CREATE FUNCTION faults.application_of(owner uuid) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT p.application FROM replica r JOIN faults.process p USING (pid) WHERE r.id = owner $$;

CREATE FUNCTION faults.watch_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  mine text := current_setting('application_name');
  owners text;
  epoch_now integer;
BEGIN
  IF mine NOT LIKE 'replica-%' THEN RETURN NULL; END IF;
  IF TG_OP = 'UPDATE' AND OLD.status IN ('completed', 'failed', 'skipped', 'cancelled', 'timed_out')
    AND (NEW.status, NEW.attempt, NEW.output::text) IS DISTINCT FROM (OLD.status, OLD.attempt, OLD.output::text)
  THEN
    INSERT INTO faults.violation (promise, detail) VALUES (3, format('%s changed %s of %s from %s to %s',
      mine, NEW.step_path, NEW.execution_id, OLD.status, NEW.status));
  END IF;
  SELECT faults.application_of(e.owner), e.epoch INTO owners, epoch_now FROM execution e WHERE e.id = NEW.execution_id;
  IF owners <> mine THEN
    INSERT INTO faults.violation (promise, detail) VALUES (6, format('%s wrote %s of %s, which %s owns (epoch %s)',
      mine, NEW.step_path, NEW.execution_id, owners, epoch_now));
  END IF;
  IF NEW.status = 'completed' AND NEW.type = 'http' AND (TG_OP = 'INSERT' OR OLD.status <> 'completed') THEN
    INSERT INTO faults.finished (execution_id, step_path) VALUES (NEW.execution_id, NEW.step_path);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER faults_watch AFTER INSERT OR UPDATE ON step_execution
  FOR EACH ROW EXECUTE FUNCTION faults.watch_step();

CREATE FUNCTION faults.watch_execution() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  mine text := current_setting('application_name');
  owners text := faults.application_of(OLD.owner);
BEGIN
  IF OLD.status IN ('completed', 'failed', 'cancelled', 'timed_out')
    AND (NEW.status, NEW.epoch, NEW.output::text) IS DISTINCT FROM (OLD.status, OLD.epoch, OLD.output::text)
  THEN
    INSERT INTO faults.violation (promise, detail) VALUES (6, format('%s changed %s, which had ended, from %s to %s',
      mine, NEW.id, OLD.status, NEW.status));
  END IF;
  IF NEW.epoch < OLD.epoch THEN
    INSERT INTO faults.violation (promise, detail) VALUES (6, format('%s lowered the epoch of %s', mine, NEW.id));
  END IF;
  -- Only its owner moves a running execution; others may take it away, which raises the epoch.
  IF OLD.status = 'running' AND NEW.status <> 'running' AND owners <> mine AND NEW.epoch = OLD.epoch THEN
    INSERT INTO faults.violation (promise, detail) VALUES (6, format('%s moved %s to %s, which %s owned',
      mine, NEW.id, NEW.status, owners));
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER faults_watch AFTER UPDATE ON execution
  FOR EACH ROW EXECUTE FUNCTION faults.watch_execution();`;
