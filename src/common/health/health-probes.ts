/** What `/health` tells about one part. `degraded` still serves; `down` makes the whole unhealthy (503). */
export interface ProbeResult {
  readonly status: 'ok' | 'degraded' | 'down';
  /** For the log and for admins; not shown to the public. */
  readonly detail?: string;
}

export const HEALTH_PARTS = ['database', 'queue', 'scheduler', 'executor', 'triggers', 'memory'] as const;
export type HealthPart = (typeof HEALTH_PARTS)[number];
export type Probe = () => Promise<ProbeResult> | ProbeResult;

/** Where modules register how they are looked at; the last one to register a part answers for it. */
export class HealthProbes {
  private readonly probes = new Map<HealthPart, Probe>();
  private readonly degradations = new Map<HealthPart, string>();
  private readonly drainListeners = new Set<() => void>();
  private draining = false;

  register(part: HealthPart, probe: Probe): void {
    this.probes.set(part, probe);
  }

  /** Registers unless somebody who knows better has. */
  registerDefault(part: HealthPart, probe: Probe): void {
    if (!this.probes.has(part)) this.probes.set(part, probe);
  }

  of(part: HealthPart): Probe | undefined {
    return this.probes.get(part);
  }

  /** Something that no probe looks at keeps this part from serving well; null: no longer. */
  setDegraded(part: HealthPart, detail: string | null): void {
    if (detail === null) this.degradations.delete(part);
    else this.degradations.set(part, detail);
  }

  degradationOf(part: HealthPart): string | undefined {
    return this.degradations.get(part);
  }

  /** From now on the process is not ready: it is about to end. */
  drain(): void {
    this.draining = true;
    for (const listener of this.drainListeners) listener();
  }

  /** Called at once when the process drains. @returns ends it. */
  onDrain(listener: () => void): () => void {
    this.drainListeners.add(listener);
    return () => this.drainListeners.delete(listener);
  }

  get isDraining(): boolean {
    return this.draining;
  }
}
