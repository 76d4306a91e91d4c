export class LivenessDto {
  status!: string;
}

export class HealthDto {
  status!: 'healthy' | 'degraded' | 'unhealthy';
  /** By part: `ok`, `degraded` or `down`. */
  checks!: Record<string, string>;
  stats!: Record<string, number>;
}

export class SchedulerStatusDto {
  running!: boolean;
  /** Singleton jobs run under locks, so no replica leads for long: the scheduler that has been up longest. */
  leader!: string | null;
  queue!: Record<string, unknown>;
  timers!: Record<string, unknown>;
  /** `concurrency`: executions with effects at once, as of now. `shedding`: workers that take less, how much, and why. */
  workers!: Record<string, unknown>;
  replicas!: Record<string, unknown>[];
}
