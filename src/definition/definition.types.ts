/**
 * The normalised definition: what a version stores. Both spellings become this one; names are `snake_case`, nested steps
 * stand in their step's `config`, triggers are named. Values keep the form they were written in (`30s`, `{{ … }}`), and
 * reading it again gives the same definition.
 */
export interface Definition {
  version: string;
  name: string;
  description?: string;
  variables?: Record<string, unknown>;
  input_schema?: Record<string, unknown>;
  output?: unknown;
  timeout?: string | number;
  max_parallel?: number;
  concurrency?: ConcurrencyDefinition;
  defaults?: { retry?: RetryDefinition; timeout?: string | number };
  retention?: string | number;
  steps: StepDefinition[];
  on_failure?: StepDefinition[];
  finally?: StepDefinition[];
  triggers?: TriggerDefinition[];
}

export interface ConcurrencyDefinition {
  key?: string;
  limit?: number;
  on_limit?: 'queue' | 'skip' | 'cancel_running' | 'fail';
}

export interface RetryDefinition {
  max_attempts?: number;
  initial_delay?: string | number;
  max_delay?: string | number;
  backoff_factor?: number;
  jitter?: number;
  retry_on?: string[];
  abort_on?: string[];
  max_duration?: string | number;
}

export interface StepDefinition {
  id: string;
  name?: string;
  description?: string;
  type: string;
  config?: Record<string, unknown>;
  /** A step's id, or that step's output port. */
  depends_on?: (string | { step: string; output: string })[];
  join?: 'all' | 'any' | 'all_done';
  is_parallel?: boolean;
  when?: string;
  input_mapping?: unknown;
  output_mapping?: unknown;
  timeout?: string | number;
  retry_policy?: RetryDefinition;
  on_error?: 'fail' | 'continue' | { goto: string };
  on_interrupt?: 'retry' | 'fail' | 'ask';
  priority?: number;
  disabled?: boolean;
  notes?: string;
  position?: { x: number; y: number };
}

export interface TriggerDefinition {
  type: string;
  name: string;
  config?: Record<string, unknown>;
  is_enabled?: boolean;
  filter?: string;
  input?: unknown;
  priority?: number;
  dedup?: { key?: string; ttl?: string | number };
  start_at?: string;
  end_at?: string;
  mode?: 'execute' | 'notify';
  description?: string;
  notes?: string;
  position?: { x: number; y: number };
}
