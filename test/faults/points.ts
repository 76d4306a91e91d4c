/**
 * The points at which a replica can be caught in the act, each a trigger in the test database: when the point is armed,
 * the first session that comes by waits there on an advisory lock, its work done and not committed.
 */
export interface Point {
  readonly table: string;
  readonly when: 'BEFORE INSERT' | 'BEFORE UPDATE' | 'AT COMMIT OF INSERT';
  /** About NEW, and OLD where it is an update. */
  readonly condition: string;
}

const isRunning = `OLD.status = 'running'`;

export const POINTS = {
  /** The COMMIT is under way and will succeed; nobody has been answered and nothing is queued. */
  after_accept_commit: {
    table: 'execution',
    when: 'AT COMMIT OF INSERT',
    condition: `NEW.trigger_type = 'webhook'`,
  },
  /** Accepted, perhaps answered; the queue of the PostgreSQL backend is just being told. */
  before_enqueue: { table: 'bullmq.job', when: 'BEFORE INSERT', condition: 'true' },
  /** The effect is there; its checkpoint is not. */
  after_effect: {
    table: 'step_execution',
    when: 'BEFORE UPDATE',
    condition: `NEW.status = 'completed' AND ${isRunning} AND NEW.type = 'http'`,
  },
  /** The timer is taken, the next is not set, the occurrence is being written. */
  cron_tick: { table: 'occurrence', when: 'BEFORE INSERT', condition: 'NEW.scheduled_for IS NOT NULL' },
  /** Execution, occurrence and cursor of a mail commit together; nobody knows that they have. */
  mail_commit: { table: 'execution', when: 'AT COMMIT OF INSERT', condition: `NEW.trigger_type = 'email'` },
  /** A recorded mail is marked and moved; that it is so is being recorded. */
  mail_moved: {
    table: 'trigger',
    when: 'BEFORE UPDATE',
    condition: `json_array_length(NEW.state->'pending') < json_array_length(OLD.state->'pending')`,
  },
  in_a_retry: {
    table: 'step_execution',
    when: 'BEFORE UPDATE',
    condition: `NEW.status = 'waiting' AND ${isRunning} AND NEW.waiting->>'for' = 'retry'`,
  },
  falling_asleep: { table: 'execution', when: 'BEFORE UPDATE', condition: `NEW.status = 'waiting' AND ${isRunning}` },
  waking_up: {
    table: 'execution',
    when: 'BEFORE UPDATE',
    condition: `OLD.status = 'waiting' AND NEW.status = 'queued'`,
  },
  /** All that the join waits for has ended; its start is being recorded. */
  in_a_join: {
    table: 'step_execution',
    when: 'BEFORE INSERT',
    condition: `NEW.step_id = 'join' AND NEW.status = 'running'`,
  },
  child_end: {
    table: 'execution',
    when: 'BEFORE UPDATE',
    condition: `OLD.parent_id IS NOT NULL AND ${isRunning} AND NEW.status = 'completed'`,
  },
  /** An owner that was asked to stop gives an execution back. */
  in_a_drain: {
    table: 'execution',
    when: 'BEFORE UPDATE',
    condition: `${isRunning} AND NEW.status = 'queued' AND NEW.epoch = OLD.epoch`,
  },
} as const satisfies Record<string, Point>;

export type PointName = keyof typeof POINTS;

/** Tells these advisory locks from others in the database: who comes first, and what it waits for. */
export const VICTIM = 9_301;
export const GATE = 9_302;

const FUNCTIONS = /* sql */ `
CREATE SCHEMA faults;
CREATE TABLE faults.armed (point text PRIMARY KEY, application text);
CREATE FUNCTION faults.ambush() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM faults.armed WHERE point = TG_ARGV[0]
             AND coalesce(application, current_setting('application_name')) = current_setting('application_name'))
    AND pg_try_advisory_xact_lock(${VICTIM}, hashtext(TG_ARGV[0]))
  THEN
    PERFORM pg_advisory_xact_lock_shared(${GATE}, hashtext(TG_ARGV[0]));
  END IF;
  RETURN NEW;
END $$;`;

export function ambushSql(queue: 'redis' | 'postgres'): string {
  const points = Object.entries<Point>(POINTS).filter(
    ([, { table }]) => queue === 'postgres' || !table.includes('bullmq'),
  );
  return [FUNCTIONS, ...points.map(([name, point]) => triggerSql(name, point))].join('\n');
}

function triggerSql(name: string, { table, when, condition }: Point): string {
  const body = `FOR EACH ROW WHEN (${condition}) EXECUTE FUNCTION faults.ambush('${name}');`;
  if (when !== 'AT COMMIT OF INSERT') return `CREATE TRIGGER faults_${name} ${when} ON ${table} ${body}`;
  return `CREATE CONSTRAINT TRIGGER faults_${name} AFTER INSERT ON ${table} DEFERRABLE INITIALLY DEFERRED ${body}`;
}
