import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Database } from '../../common/database/database.js';
import { isConnectionLoss } from '../../common/database/pg-errors.js';
import { Signals } from '../../common/signals/signals.contract.js';
import { RunnerHolds } from './runner-holds.js';

export const CANCEL_TOPIC = 'execution.cancel';
export const PAUSE_TOPIC = 'execution.pause';

/** Index: the primary key. */
const ASKED = /* sql */ `
SELECT id, cancel_requested, pause_requested FROM execution
WHERE id = ANY($1::uuid[]) AND (cancel_requested OR pause_requested)`;

interface Asked extends Record<string, unknown> {
  readonly id: string;
  readonly cancel_requested: boolean;
  readonly pause_requested: boolean;
}

/** Tells the owners in this process what was asked of their executions, on whichever replica. */
@Injectable()
export class ControlSignals implements OnApplicationBootstrap {
  private readonly logger = new Logger('ControlSignals');

  constructor(
    private readonly database: Database,
    private readonly signals: Signals,
    private readonly holds: RunnerHolds,
  ) {}

  onApplicationBootstrap(): void {
    this.signals.subscribe(CANCEL_TOPIC, (id) => this.holds.ask(String(id), 'cancel'));
    this.signals.subscribe(PAUSE_TOPIC, (id) => this.holds.ask(String(id), 'pause'));
    this.signals.onReconnect(() => void this.lookAgain());
  }

  /** Signals may have been missed; the rows say what was asked. */
  private async lookAgain(): Promise<void> {
    try {
      const rows = await this.database.query<Asked>(ASKED, [this.holds.ids()]);
      for (const { id, cancel_requested } of rows) this.holds.ask(id, cancel_requested ? 'cancel' : 'pause');
    } catch (error) {
      // Lost again: the next reconnection looks again.
      if (!isConnectionLoss(error)) this.logger.error(error);
    }
  }
}
