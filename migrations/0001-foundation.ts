import { type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * The tables of the foundation. Values that people send (`input`, `payload`, …) are `json`, not `jsonb`: they come back
 * byte for byte, U+0000 included, and cost no parse on the way in.
 *
 * History tables are range-partitioned on their time-ordered id; `common/database/partitions.ts` makes and drops the
 * partitions. Indexes of `execution` name only columns that a claim leaves alone, so claiming is a HOT update.
 */
export class Foundation0000000000001 implements MigrationInterface {
  name = 'Foundation0000000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(FOUNDATION);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP SCHEMA public CASCADE; CREATE SCHEMA public`);
  }
}

const FOUNDATION = /* sql */ `
-- Tells installations apart that share a Redis: the prefix of all their keys.
CREATE TABLE installation (
  id         uuid PRIMARY KEY,
  created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO installation (id) VALUES (gen_random_uuid());

CREATE TABLE workflow (
  id          uuid PRIMARY KEY,
  slug        text NOT NULL UNIQUE,
  name        text NOT NULL,
  description text NOT NULL DEFAULT '',
  status      text NOT NULL DEFAULT 'draft',
  version     integer NOT NULL,
  -- the version in force; null while none is deployed
  deployed_version integer,
  -- counts every change of this row; the ETag
  revision    integer NOT NULL DEFAULT 1,
  tags        text[] NOT NULL DEFAULT '{}',
  owner_id    text,
  is_template boolean NOT NULL DEFAULT false,
  created_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX workflow_tags ON workflow USING gin (tags);
CREATE INDEX workflow_owner ON workflow (owner_id, id);

CREATE TABLE workflow_version (
  workflow_id uuid NOT NULL REFERENCES workflow ON DELETE CASCADE,
  version     integer NOT NULL,
  definition  json NOT NULL,
  -- the author's own text, comments included; null when the definition came as JSON
  source      text,
  checksum    text NOT NULL,
  created_by  text,
  created_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workflow_id, version)
);

-- Executions ended, per workflow; one row a slot, so that replicas do not queue for one row. Sums are over slots.
CREATE TABLE workflow_counter (
  workflow_id   uuid NOT NULL REFERENCES workflow ON DELETE CASCADE,
  slot          smallint NOT NULL,
  completed     bigint NOT NULL DEFAULT 0,
  failed        bigint NOT NULL DEFAULT 0,
  timed_out     bigint NOT NULL DEFAULT 0,
  cancelled     bigint NOT NULL DEFAULT 0,
  duration_ms   bigint NOT NULL DEFAULT 0,
  last_executed timestamptz,
  last_status   text,
  PRIMARY KEY (workflow_id, slot)
) WITH (fillfactor = 50);

CREATE TABLE deployment (
  id            uuid PRIMARY KEY,
  workflow_id   uuid NOT NULL REFERENCES workflow ON DELETE CASCADE,
  version       integer NOT NULL,
  status        text NOT NULL,
  mode          text,
  reason        text,
  created_by    text,
  created_at    timestamptz NOT NULL DEFAULT now(),
  deployed_at   timestamptz,
  undeployed_at timestamptz
);
CREATE UNIQUE INDEX deployment_in_force ON deployment (workflow_id) WHERE status = 'deployed';
CREATE INDEX deployment_history ON deployment (workflow_id, id DESC);

CREATE TABLE trigger (
  id             uuid PRIMARY KEY,
  workflow_id    uuid NOT NULL REFERENCES workflow ON DELETE CASCADE,
  type           text NOT NULL,
  -- unique within the workflow: a redeployed trigger keeps its row by this name, and with it its cursor and its ledger
  name           text NOT NULL,
  -- 'definition' or 'api'
  origin         text NOT NULL,
  config         json NOT NULL,
  filter         text,
  input          json,
  priority       smallint,
  dedup          json,
  mode           text,
  -- of the deployment that armed it; the trigger's own mode goes before it
  deployment_mode text,
  is_enabled     boolean NOT NULL DEFAULT true,
  start_at       timestamptz,
  end_at         timestamptz,
  paused_at      timestamptz,
  paused_reason  text,
  -- why its workflow holds it: 'workflow_paused'
  held           text,
  -- rises with every change: tells what a replica keeps in memory from what is in force
  revision       integer NOT NULL DEFAULT 1,
  -- in force: its workflow is deployed and the deployed version names it
  armed_at       timestamptz,
  -- the version that armed it
  version        integer,
  -- what the type keeps between occurrences: the next instant of a cron, the cursor of a mailbox
  state          json,
  last_triggered timestamptz,
  trigger_count  bigint NOT NULL DEFAULT 0,
  last_error     text,
  created_at     timestamptz NOT NULL DEFAULT now(),
  updated_at     timestamptz NOT NULL DEFAULT now(),
  UNIQUE (workflow_id, name)
) WITH (fillfactor = 70);
CREATE INDEX trigger_armed ON trigger (type) WHERE armed_at IS NOT NULL;

-- Where webhooks listen: one row a method. A path parameter stands as ':'; two deployments cannot hold one route.
CREATE TABLE webhook_route (
  method     text NOT NULL,
  shape      text NOT NULL,
  path       text NOT NULL,
  trigger_id uuid NOT NULL REFERENCES trigger ON DELETE CASCADE,
  PRIMARY KEY (method, shape)
);
CREATE INDEX webhook_route_trigger ON webhook_route (trigger_id);

-- A first call by hand that waits for its second; the token itself is never stored.
CREATE TABLE manual_confirmation (
  token_hash  bytea PRIMARY KEY,
  workflow_id uuid NOT NULL REFERENCES workflow ON DELETE CASCADE,
  caller      text NOT NULL,
  request     json NOT NULL,
  expires_at  timestamptz NOT NULL,
  used_at     timestamptz
);
CREATE INDEX manual_confirmation_expiry ON manual_confirmation (expires_at);

CREATE TABLE timer (
  id         uuid PRIMARY KEY,
  kind       text NOT NULL,
  subject_id uuid NOT NULL,
  key        text NOT NULL DEFAULT '',
  due_at     timestamptz NOT NULL,
  payload    json,
  failures   integer NOT NULL DEFAULT 0,
  last_error text,
  UNIQUE (kind, subject_id, key)
) WITH (fillfactor = 80);
CREATE INDEX timer_due ON timer (due_at);

CREATE TABLE occurrence_key (
  -- a trigger's id; a workflow's id for the idempotency keys of its own routes
  trigger_id    uuid NOT NULL,
  dedup_key     text NOT NULL,
  occurrence_id uuid,
  execution_id  uuid,
  expires_at    timestamptz NOT NULL,
  PRIMARY KEY (trigger_id, dedup_key)
);
CREATE INDEX occurrence_key_expiry ON occurrence_key (expires_at);

CREATE TABLE occurrence (
  id            uuid NOT NULL,
  trigger_id    uuid NOT NULL,
  workflow_id   uuid NOT NULL,
  occurred_at   timestamptz NOT NULL,
  scheduled_for timestamptz,
  dedup_key     text,
  outcome       text NOT NULL,
  reason_code   text,
  reason_detail text,
  execution_id  uuid,
  payload       json,
  replay_of     uuid,
  PRIMARY KEY (id)
) PARTITION BY RANGE (id);
CREATE INDEX occurrence_trigger ON occurrence (trigger_id, id);

CREATE TABLE execution (
  id               uuid NOT NULL,
  workflow_id      uuid NOT NULL,
  version          integer NOT NULL,
  status           text NOT NULL DEFAULT 'queued',
  is_open          boolean NOT NULL GENERATED ALWAYS AS (status IN ('queued', 'running', 'waiting', 'paused')) STORED,
  is_failed        boolean NOT NULL GENERATED ALWAYS AS (status IN ('failed', 'timed_out')) STORED,
  priority         smallint NOT NULL DEFAULT 5,
  attempt          integer NOT NULL DEFAULT 1,
  -- raised by every claim and by every taking away: the fencing number of the owner
  epoch            integer NOT NULL DEFAULT 0,
  -- the replica that runs it, while it is running
  owner            uuid,
  -- counts control signals (cancel, resume, …): a runner that goes to sleep names the last it has seen
  signal_seq       integer NOT NULL DEFAULT 0,
  cancel_requested boolean NOT NULL DEFAULT false,
  cancel_reason    text,
  -- the replica that waits for the end, to be told
  awaited_by       uuid,
  queued_at        timestamptz NOT NULL DEFAULT now(),
  -- of the whole execution, counted from the first claim of an attempt
  timeout_ms       bigint,
  deadline_at      timestamptz,
  start_time       timestamptz,
  end_time         timestamptz,
  trigger_id       uuid,
  trigger_type     text NOT NULL,
  occurrence_id    uuid,
  parent_id        uuid,
  retry_of         uuid,
  input            json,
  variables        json,
  -- what expressions see as 'trigger'
  trigger          json,
  output           json,
  error            json,
  created_by       text,
  PRIMARY KEY (id)
) PARTITION BY RANGE (id);
CREATE INDEX execution_workflow ON execution (workflow_id, id);
CREATE INDEX execution_open ON execution (id) WHERE is_open;
CREATE INDEX execution_failed ON execution (id) WHERE is_failed;
CREATE INDEX execution_open_trigger ON execution (trigger_id) WHERE is_open AND trigger_id IS NOT NULL;

CREATE TABLE step_execution (
  id              uuid NOT NULL,
  execution_id    uuid NOT NULL,
  step_id         text NOT NULL,
  step_path       text NOT NULL,
  type            text NOT NULL,
  status          text NOT NULL,
  attempt         integer NOT NULL DEFAULT 1,
  -- the branch a step with steps of its own has entered, and the port it left by
  scope           text,
  port            text,
  input           json,
  output          json,
  error           json,
  -- why it waits and until when: {for, until, …}; and what the node type left for itself
  waiting         json,
  wait_until      timestamptz,
  wait_state      json,
  -- earlier attempts: [{attempt, started_at, finished_at, error}]
  attempts        json,
  first_started_at timestamptz,
  started_at      timestamptz,
  finished_at     timestamptz,
  PRIMARY KEY (id)
) PARTITION BY RANGE (id);
CREATE INDEX step_execution_execution ON step_execution (execution_id, id);

CREATE TABLE execution_log (
  id           uuid NOT NULL,
  execution_id uuid NOT NULL,
  logged_at    timestamptz NOT NULL,
  level        smallint NOT NULL,
  step_path    text,
  attempt      integer,
  message      text NOT NULL,
  data         json,
  PRIMARY KEY (id)
) PARTITION BY RANGE (id);
CREATE INDEX execution_log_execution ON execution_log (execution_id, id);

-- One row a process. It is alive while expires_at lies ahead, by the database's clock.
CREATE TABLE replica (
  id         uuid PRIMARY KEY,
  host       text NOT NULL,
  pid        integer NOT NULL,
  -- tells this process from an earlier one with the same pid
  process_token text NOT NULL,
  roles      text[] NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  state      json
) WITH (fillfactor = 50);

CREATE TABLE lock (
  name       text PRIMARY KEY,
  token      bigint NOT NULL,
  owner      uuid NOT NULL,
  expires_at timestamptz NOT NULL
) WITH (fillfactor = 50);
CREATE SEQUENCE lock_token;

CREATE TABLE api_key (
  id         uuid PRIMARY KEY,
  name       text NOT NULL,
  -- SHA-256 of the key; the key itself is random and long, so no slow hash is needed
  hash       bytea NOT NULL UNIQUE,
  -- the first characters, to tell keys apart
  prefix     text NOT NULL,
  role       text NOT NULL,
  scopes     text[] NOT NULL DEFAULT '{}',
  owner_id   text,
  created_by text,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  last_used  timestamptz
);

CREATE TABLE secret (
  name       text PRIMARY KEY,
  -- AES-256-GCM: key id, nonce, tag, ciphertext
  key_id     text NOT NULL,
  sealed     bytea NOT NULL,
  description text NOT NULL DEFAULT '',
  created_by text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE audit_log (
  id       uuid PRIMARY KEY,
  at       timestamptz NOT NULL DEFAULT now(),
  actor    text NOT NULL,
  action   text NOT NULL,
  resource text NOT NULL,
  before   json,
  after    json,
  ip       text
);
`;
