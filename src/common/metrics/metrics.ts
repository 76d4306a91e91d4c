import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { WorkflowLabels } from './workflow-labels.js';

const SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800];
const ROWS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_000];
const MAX_WORKFLOWS = 200;

/**
 * Every metric of a process, by name. Engine and triggers set them; `GET /metrics` shows them. A label `workflow_id` must
 * come from `workflows.of(id)`, which caps how many there are.
 */
@Injectable()
export class Metrics implements OnModuleDestroy {
  readonly registry = new Registry();
  readonly workflows = new WorkflowLabels(MAX_WORKFLOWS);

  readonly executions = this.counter('orchestrator_executions_total', 'Executions that ended, by status', [
    'workflow_id',
    'status',
  ]);
  readonly executionDuration = this.histogram(
    'orchestrator_execution_duration_seconds',
    'From the start of an execution to its end',
    SECONDS,
    ['workflow_id'],
  );
  readonly activeExecutions = this.gauge('orchestrator_active_executions', 'Executions that this process runs now');
  readonly workerShare = this.gauge(
    'orchestrator_worker_share',
    'How much of what it may take the worker of this process takes; 1: all, less while it sheds load',
  );
  readonly queueLength = this.gauge('orchestrator_queue_length', 'Jobs in the queue', ['state']);
  readonly queueWait = this.histogram('orchestrator_queue_wait_seconds', 'From queued to claimed', SECONDS);
  readonly stepDuration = this.histogram('orchestrator_step_duration_seconds', 'One attempt of a step', SECONDS, [
    'type',
    'status',
  ]);
  readonly retries = this.counter('orchestrator_step_retries_total', 'Attempts after the first', ['type']);
  readonly occurrences = this.counter('orchestrator_trigger_occurrences_total', 'What triggers saw', [
    'type',
    'outcome',
  ]);
  readonly triggersDown = this.gauge('orchestrator_triggers_down', 'Triggers in force that cannot see anything now');
  readonly cronLateness = this.histogram(
    'orchestrator_cron_lateness_seconds',
    'From the nominal instant to its commit',
    SECONDS,
  );
  readonly timerLag = this.gauge('orchestrator_timer_lag_seconds', 'How long the oldest due timer has waited');
  readonly checkpointRows = this.histogram('orchestrator_checkpoint_batch_rows', 'Rows of one group commit', ROWS);
  readonly checkpointSeconds = this.histogram(
    'orchestrator_checkpoint_batch_seconds',
    'Time of one group commit',
    SECONDS,
  );
  readonly locks = this.counter('orchestrator_locks_total', 'Attempts to take a lock', ['result']);
  readonly httpRequests = this.histogram('orchestrator_http_request_duration_seconds', 'HTTP requests', SECONDS, [
    'method',
    'route',
    'status',
  ]);

  constructor() {
    // Among them nodejs_eventloop_lag_seconds and its percentiles, heap, garbage collection.
    collectDefaultMetrics({ register: this.registry });
  }

  /** Counts an ended execution and its duration in seconds. */
  executionEnded(workflowId: string, status: string, seconds: number): void {
    const workflow_id = this.workflows.of(workflowId);
    this.executions.inc({ workflow_id, status });
    this.executionDuration.observe({ workflow_id }, seconds);
  }

  onModuleDestroy(): void {
    this.registry.clear();
  }

  private counter<L extends string>(name: string, help: string, labelNames: L[] = []): Counter<L> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  private gauge<L extends string>(name: string, help: string, labelNames: L[] = []): Gauge<L> {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }

  private histogram<L extends string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: L[] = [],
  ): Histogram<L> {
    return new Histogram({ name, help, buckets, labelNames, registers: [this.registry] });
  }
}
