import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** What steps wait for beside time: decisions of people (`approval`) and events (`event`, `event_wait`). */
export class People0000000000007 implements MigrationInterface {
  name = 'People0000000000007';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(PEOPLE);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
DROP TABLE event_gathered, event_wait, event, approval;
ALTER TABLE step_answer DROP COLUMN out_of_time`);
  }
}

const PEOPLE = /* sql */ `
-- Set by the owner when the step's time was up: an answer comes too late from then on.
ALTER TABLE step_answer ADD COLUMN out_of_time boolean NOT NULL DEFAULT false;

CREATE TABLE approval (
  -- follows from the step execution and its attempt
  id                uuid NOT NULL,
  execution_id      uuid NOT NULL,
  workflow_id       uuid NOT NULL,
  step_execution_id uuid NOT NULL,
  step_path         text NOT NULL,
  attempt           integer NOT NULL,
  -- 'pending', 'approved', 'rejected', 'expired'
  status            text NOT NULL DEFAULT 'pending',
  title             text NOT NULL,
  message           text NOT NULL,
  -- whom links name; their place in this list stands in the link
  assignees         text[] NOT NULL,
  approvals_needed  integer NOT NULL,
  form              json,
  expires_at        timestamptz,
  -- [{decision, by, at, data, comment, via}]
  decisions         json NOT NULL DEFAULT '[]',
  created_at        timestamptz NOT NULL DEFAULT now(),
  closed_at         timestamptz,
  PRIMARY KEY (id)
) PARTITION BY RANGE (id);
CREATE INDEX approval_step ON approval (step_execution_id);
CREATE INDEX approval_status ON approval (status, id);
CREATE INDEX approval_assignees ON approval USING gin (assignees);

CREATE TABLE event (
  id           uuid NOT NULL,
  -- its identity in CloudEvents is (source, event_id)
  source       text NOT NULL,
  event_id     text NOT NULL,
  type         text NOT NULL,
  -- the event as CloudEvents' JSON format has it
  event        json NOT NULL,
  -- how many executions, each started by an event of the one before, lie behind it
  depth        smallint NOT NULL DEFAULT 0,
  -- that emitted it, and its workflow; null: it came from outside
  execution_id uuid,
  workflow_id  uuid,
  received_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (id)
) PARTITION BY RANGE (id);
CREATE INDEX event_type ON event (type, id);

-- A step that waits for an event.
CREATE TABLE event_wait (
  step_execution_id uuid PRIMARY KEY,
  execution_id      uuid NOT NULL,
  attempt           integer NOT NULL,
  type              text NOT NULL,
  -- 'type' holds '*'
  is_pattern        boolean NOT NULL,
  -- the expression without braces, and what it reads beside 'event'
  match             text,
  names             json
);
CREATE INDEX event_wait_type ON event_wait (type) WHERE NOT is_pattern;
CREATE INDEX event_wait_pattern ON event_wait (type) WHERE is_pattern;

-- What a trigger with 'debounce' or 'batch' has seen and not fired yet.
CREATE TABLE event_gathered (
  trigger_id uuid NOT NULL REFERENCES trigger ON DELETE CASCADE,
  event_id   uuid NOT NULL,
  event      json NOT NULL,
  PRIMARY KEY (trigger_id, event_id)
);
`;
