import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Signals } from '../../common/signals/signals.contract.js';
import { Timers, type DueTimer } from '../../common/timers/timer.contract.js';
import { Places } from '../concurrency/places.service.js';
import { CancelService } from '../control/cancel.service.js';
import { LocalEnds } from '../ends/local-ends.js';
import { CANCEL_TOPIC } from '../run/control-signals.js';
import { BESIDE_SLOT, countEnded } from '../run/counters.js';
import { askChildren, endUnstarted, type AskedChild } from './child-cancels.statements.js';

/** Of a step that waits no longer. */
export const CANCEL_CHILDREN = 'children.cancel';

const REASON = 'Its parent waits for it no longer.';

/**
 * Cancels the children of steps that wait no longer: of cancelled executions, of steps whose time is over, of loops of
 * which a pass has failed. It has a transaction of its own, so that a parent and its children are never locked together.
 */
@Injectable()
export class ChildCancels implements OnModuleInit {
  constructor(
    private readonly timers: Timers,
    private readonly signals: Signals,
    private readonly cancels: CancelService,
    private readonly ends: LocalEnds,
    private readonly places: Places,
  ) {}

  onModuleInit(): void {
    this.timers.handle(CANCEL_CHILDREN, (client, due) => this.cancel(client, due));
  }

  private async cancel(client: PoolClient, due: readonly DueTimer[]): Promise<() => void> {
    const asked = await askChildren(
      client,
      due.map((timer) => timer.subjectId),
      REASON,
    );
    const { running = [], unstarted = [], resting = [] } = Object.groupBy(asked, kindOf);
    for (const { id } of running) await this.signals.publishWithin(client, CANCEL_TOPIC, id);
    const followUps = [await this.end(client, unstarted)];
    for (const { id } of resting) followUps.push(await this.cancels.cancelWithin(client, id, REASON));
    return () => {
      for (const followUp of followUps) followUp();
    };
  }

  /** Those that nobody has claimed yet end all at once: a loop may have thousands. */
  private async end(client: PoolClient, unstarted: readonly AskedChild[]): Promise<() => void> {
    const ended = await endUnstarted(
      client,
      unstarted.map((child) => child.id),
    );
    await countEnded(client, ended, BESIDE_SLOT);
    await this.ends.signalWithin(client, ended);
    return () => {
      for (const { id } of ended) this.ends.announce(id, null);
      // The passes of a loop that is over leave their places to nobody.
      this.places.give(
        unstarted.flatMap(({ pass, concurrency_key: key }) => (pass === null && key !== null ? [key] : [])),
      );
    };
  }
}

function kindOf({ status, start_time }: AskedChild): 'running' | 'unstarted' | 'resting' {
  if (status === 'running') return 'running';
  return start_time === null ? 'unstarted' : 'resting';
}
