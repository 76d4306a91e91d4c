import type { sendUnaryData, ServerUnaryCall, ServerWritableStream, UntypedServiceImplementation } from '@grpc/grpc-js';
import { status as Code } from '@grpc/grpc-js';
import type { HealthProbes } from '../common/health/health-probes.js';
import type { HealthService } from './health.service.js';

interface Asked {
  service?: string;
}
interface Told {
  status: 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN';
}
type Watcher = ServerWritableStream<Asked, Told>;

/** How often a watcher is looked for. The report behind it is made once a second at most. */
const LOOK_MS = 1_000;

/**
 * grpc.health.v1.Health (https://github.com/grpc/grpc/blob/master/doc/health-checking.md): what `/health/ready` says, of the
 * whole (an empty name) and of each service. Open to all.
 */
export class GrpcHealth {
  private readonly watchers = new Map<Watcher, () => void>();

  constructor(
    private readonly health: HealthService,
    private readonly probes: HealthProbes,
    private readonly services: readonly string[],
  ) {}

  readonly implementation: UntypedServiceImplementation = {
    check: (call: ServerUnaryCall<Asked, Told>, answer: sendUnaryData<Told>) => void this.check(call.request, answer),
    list: (_call: unknown, answer: sendUnaryData<object>) => void this.list(answer),
    watch: (call: Watcher) => this.watch(call),
  };

  /** Ends what watches: it would hold the server open. */
  close(): void {
    for (const [call, stop] of this.watchers) {
      stop();
      call.end();
    }
  }

  private async check({ service = '' }: Asked, answer: sendUnaryData<Told>): Promise<void> {
    if (this.isKnown(service)) answer(null, await this.look());
    else answer({ code: Code.NOT_FOUND, details: `There is no service "${service}".` });
  }

  private async list(answer: sendUnaryData<object>): Promise<void> {
    const told = await this.look();
    answer(null, { statuses: Object.fromEntries(['', ...this.services].map((name) => [name, told])) });
  }

  private watch(call: Watcher): void {
    if (!this.isKnown(call.request.service ?? '')) {
      call.write({ status: 'SERVICE_UNKNOWN' });
      return;
    }
    let last: string | null = null;
    const look = async (): Promise<void> => {
      const told = await this.look();
      if (told.status === last || !this.watchers.has(call)) return;
      last = told.status;
      call.write(told);
    };
    const timer = setInterval(() => void look(), LOOK_MS).unref();
    const ignore = this.probes.onDrain(() => void look());
    const stop = (): void => {
      clearInterval(timer);
      ignore();
      this.watchers.delete(call);
    };
    this.watchers.set(call, stop);
    call.on('cancelled', stop);
    void look();
  }

  private isKnown(service: string): boolean {
    return service === '' || this.services.includes(service);
  }

  private async look(): Promise<Told> {
    const isReady = await this.health.isReady().catch(() => false);
    return { status: isReady ? 'SERVING' : 'NOT_SERVING' };
  }
}
