import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Database } from '../../common/database/database.js';
import { isConnectionLoss } from '../../common/database/pg-errors.js';
import { Signals } from '../../common/signals/signals.contract.js';
import { ANSWER_TOPIC } from '../suspension/step-answers.service.js';
import { RunnerHolds } from './runner-holds.js';

export const CANCEL_TOPIC = 'execution.cancel';
export const PAUSE_TOPIC = 'execution.pause';
const HEARD_TOPIC = 'execution.heard';
/** An owner that has not heard by then is dead, or will find the question in the row. */
const HEARD_PATIENCE_MS = 1_000;

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
  private readonly waiting = new Map<string, () => void>();

  constructor(
    private readonly database: Database,
    private readonly signals: Signals,
    private readonly holds: RunnerHolds,
  ) {}

  onApplicationBootstrap(): void {
    this.signals.subscribe(CANCEL_TOPIC, (id) => this.holds.ask(String(id), 'cancel'));
    this.signals.subscribe(ANSWER_TOPIC, (id) => this.holds.ask(String(id), 'lookForAnswers'));
    this.signals.subscribe(PAUSE_TOPIC, (id) => void this.hearPause(String(id)));
    this.signals.subscribe(HEARD_TOPIC, (id) => this.waiting.get(String(id))?.());
    this.signals.onReconnect(() => void this.lookAgain());
  }

  /** Resolves when the owner has heard that it is to pause: from then on it starts nothing. Call it before asking. */
  expectHeard(id: string): Promise<void> {
    return new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.waiting.delete(id);
        resolve();
      };
      const timer = setTimeout(done, HEARD_PATIENCE_MS);
      this.waiting.set(id, done);
    });
  }

  private async hearPause(id: string): Promise<void> {
    if (!this.holds.has(id)) return;
    this.holds.ask(id, 'pause');
    // Nobody waits for it for long.
    await this.signals.publish(HEARD_TOPIC, id).catch(() => undefined);
  }

  /** Signals may have been missed; the rows say what was asked. */
  private async lookAgain(): Promise<void> {
    for (const id of this.holds.ids()) this.holds.ask(id, 'lookForAnswers');
    try {
      const rows = await this.database.query<Asked>(ASKED, [this.holds.ids()]);
      for (const { id, cancel_requested } of rows) this.holds.ask(id, cancel_requested ? 'cancel' : 'pause');
    } catch (error) {
      // Lost again: the next reconnection looks again.
      if (!isConnectionLoss(error)) this.logger.error(error);
    }
  }
}
