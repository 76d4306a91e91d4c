import type { LoadedWorkflow } from './workload.js';
import type { Random } from './random.js';
import type { Replica } from './replica.js';

/** What the harness asked for, and what it was told. */
export interface Asked {
  readonly n: number;
  readonly workflow: string;
  /** null until a replica has answered 202. */
  execution: string | null;
}

const SENDERS = 4;
const PAUSE_MS = 250;
const AFTER_REFUSAL_MS = 200;
const REQUEST_LIMIT_MS = 15_000;
/** Of those that were accepted, how many are sent again: one in so many. */
const AGAIN_ONE_IN = 8;

/** Sends webhooks, each with a key, to whichever replica, again and again until one accepts it. */
export class Load {
  readonly asked: Asked[] = [];
  /** What no answer may say. */
  readonly wrong: string[] = [];
  accepted = 0;
  duplicates = 0;
  refused = 0;
  unanswered = 0;
  private stopping = false;
  private readonly senders: Promise<void>[] = [];
  private readonly weighted: readonly string[];

  constructor(
    workflows: readonly LoadedWorkflow[],
    private readonly replicas: readonly Replica[],
    private readonly random: Random,
  ) {
    this.weighted = workflows.flatMap(({ name, weight }) => Array<string>(weight).fill(name));
  }

  start(): void {
    for (let number = 0; number < SENDERS; number++) this.senders.push(this.send());
  }

  /** Resolves when everything that was sent is accepted. */
  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.senders);
  }

  /** One webhook, accepted when this resolves. @param only the replica that is to take it; else any. */
  async sendOne(workflow: string, only: Replica | null = null): Promise<Asked> {
    const asked: Asked = { n: this.asked.length, workflow, execution: null };
    this.asked.push(asked);
    while (asked.execution === null) {
      asked.execution = await this.post(asked, only ?? this.random.pick(this.replicas));
      if (asked.execution === null) await pause(AFTER_REFUSAL_MS);
    }
    this.accepted++;
    return asked;
  }

  private async send(): Promise<void> {
    while (!this.stopping) {
      const asked = await this.sendOne(this.random.pick(this.weighted));
      if (this.random.between(1, AGAIN_ONE_IN) === 1) await this.sendAgain(asked);
      await pause(PAUSE_MS);
    }
  }

  private async sendAgain(asked: Asked): Promise<void> {
    const execution = await this.post(asked, this.random.pick(this.replicas));
    if (execution === null) return;
    this.duplicates++;
    if (execution !== asked.execution)
      this.wrong.push(`${keyOf(asked)} gave ${asked.execution} and, sent again, ${execution}`);
  }

  /** @returns the execution of a 202; null for anything else. */
  private async post(asked: Asked, replica: Replica): Promise<string | null> {
    let answer: { status: number; body: string };
    try {
      const response = await fetch(`${replica.url}/webhook/${asked.workflow}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': keyOf(asked) },
        body: JSON.stringify({ n: asked.n }),
        signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
      });
      answer = { status: response.status, body: await response.text() };
    } catch {
      this.unanswered++;
      return null;
    }
    if (answer.status === 202) return (JSON.parse(answer.body) as { execution_id: string }).execution_id;
    this.refused++;
    if (answer.status !== 503)
      this.wrong.push(`${replica.name} answered ${answer.status} ${answer.body.slice(0, 300)}`);
    return null;
  }
}

export function keyOf({ n }: Asked): string {
  return `key-${n}`;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((next) => setTimeout(next, milliseconds));
}
