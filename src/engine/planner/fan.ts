import type { FanOut, FanOutResult } from '../../nodes/node.contract.js';
import type { FanInstance, FanView } from './step-view.js';

/** How one instance ended. */
export type InstanceEnd = Omit<FanOutResult, 'name'>;

/**
 * The progress of a step that has entered several scopes, or one scope again and again. It knows the open instances and
 * what the ended ones gave, so that nobody walks the ended ones again. Pure: what it says follows from what it was told.
 */
export class Fan implements FanView {
  private readonly instances = new Map<string, FanInstance>();
  private readonly ends: (FanOutResult | undefined)[] = [];
  private total: number;
  private completed = 0;
  private failed = 0;
  private next = 0;
  /** The first failure: what it failed by, if it fails. */
  failure: FanOutResult['error'] = null;
  /** The instance that ended last. */
  last: FanInstance | null = null;
  private isBroken = false;

  constructor(
    private readonly path: string,
    readonly rules: FanOut,
  ) {
    const { over } = rules;
    if ('scopes' in over) this.total = over.scopes.length;
    else this.total = 'items' in over ? over.items.length : Infinity;
  }

  get open(): Iterable<FanInstance> {
    return this.instances.values();
  }

  /** The position of the instance that would be opened next, from 0. */
  get position(): number {
    return this.next;
  }

  get hasRoom(): boolean {
    return this.verdict === null && this.next < this.total && this.instances.size < this.rules.limit;
  }

  get verdict(): 'completed' | 'failed' | null {
    const { enough, failures } = this.rules;
    if (this.isBroken) return 'failed';
    if (enough !== null && this.completed >= enough) return 'completed';
    if (failures === 'stop' && !this.canSucceed) return 'failed';
    if (this.next < this.total || this.instances.size > 0) return null;
    return failures === 'ignore' || this.canSucceed ? 'completed' : 'failed';
  }

  openNext(): FanInstance {
    const instance = this.instanceAt(this.next++);
    this.instances.set(instance.name, instance);
    return instance;
  }

  /** Opens anew what an earlier owner had opened, up to the instance of this name; what of it has ended shows again. */
  reopen(name: string): FanInstance[] {
    const { over } = this.rules;
    const position = 'scopes' in over ? over.scopes.indexOf(`branches.${name}`) : Number(name);
    const opened: FanInstance[] = [];
    while (this.next <= position) opened.push(this.openNext());
    return opened;
  }

  end(instance: FanInstance, end: InstanceEnd): void {
    this.instances.delete(instance.name);
    this.ends[instance.position] = { name: instance.name, ...end };
    if (end.status === 'completed') this.completed++;
    if (end.status !== 'failed') return;
    this.failed++;
    this.failure ??= end.error;
  }

  /** Nothing further is opened: its condition has become false. */
  exhaust(): void {
    this.total = this.next;
  }

  /** It fails whatever its instances do. */
  break(error: NonNullable<FanOutResult['error']>): void {
    this.isBroken = true;
    this.failure = error;
  }

  /** What the ended instances gave, in the order of their positions. */
  get results(): FanOutResult[] {
    return this.ends.filter((end) => end !== undefined);
  }

  private get canSucceed(): boolean {
    const { enough } = this.rules;
    return enough === null ? this.failed === 0 : this.total - this.failed >= enough;
  }

  private instanceAt(position: number): FanInstance {
    const { over } = this.rules;
    if (!('scopes' in over)) {
      const item = 'items' in over ? over.items[position] : position;
      return { name: String(position), position, scope: over.scope, prefix: `${this.path}[${position}].`, item };
    }
    const scope = over.scopes[position] ?? '';
    const name = scope.replace(/^branches\./, '');
    return { name, position, scope, prefix: `${this.path}.${name}.`, item: null };
  }
}

/** Where a step stands that is inside an instance: `each[3].` and `fork.left.`; null at the top. */
export function instanceAt(prefix: string): { container: string; name: string } | null {
  const place = prefix.slice(0, -1);
  const pass = /\[(\d+)\]$/.exec(place);
  if (pass !== null) return { container: place.slice(0, pass.index), name: pass[1] ?? '' };
  const cut = place.lastIndexOf('.');
  return cut === -1 ? null : { container: place.slice(0, cut), name: place.slice(cut + 1) };
}
