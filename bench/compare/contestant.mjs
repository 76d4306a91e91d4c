import { mkdirSync, chmodSync } from 'node:fs';
import { join } from 'node:path';
import { isOk, post, until } from '../lib/http.mjs';
import { memoryOf, watchMemory } from '../lib/memory.mjs';
import { say } from '../lib/progress.mjs';
import { answers, leadIn, Numbers, rest, steady, throughput, warmUp } from './rounds.mjs';

const FIRST_ANSWER_EVERY_MS = 5;

/** One contender in this run: its server, its request numbers, what was measured; or why it is out. */
export class Contestant {
  server = null;
  failure = null;
  version = '';
  startSeconds = [];
  idleBytes = null;
  rate = null;
  rounds = [];
  numbers = new Numbers();

  constructor(contender, services, plan) {
    this.contender = contender;
    this.services = services;
    this.plan = plan;
  }

  get key() {
    return this.contender.key;
  }

  async install() {
    await this.attempt('install', async () => {
      this.version = (await this.contender.install()).version;
    });
  }

  /** Sets it up, and starts it again for the figures of a start. It then stays up. */
  async begin() {
    if (this.failure !== null) return;
    await this.attempt('set-up', async () => {
      if (this.contender.needsRedis && this.services.redis === null) throw new Error('there is no redis-server here');
      const { folder } = this.services;
      say(`${this.contender.title} ${this.version}: setting up`);
      this.context = {
        ...this.services,
        database: `bench_${this.key.replaceAll('-', '_')}`,
        folder: join(folder, this.key),
      };
      mkdirSync(this.context.folder);
      chmodSync(this.context.folder, 0o777);
      await this.contender.prepare(this.context);
      this.server = await this.contender.start(this.context);
      await this.server.setUp();
      for (let start = 0; start < this.plan.starts; start++) await this.restart();
      say(`${this.contender.title}: started in ${this.startSeconds.at(-1)?.toFixed(1)} s`);
    });
  }

  /** Reads its memory while it is idle, and warms it. */
  async warm() {
    if (this.failure !== null) return;
    await this.attempt('warm-up', async () => {
      this.idleBytes = memoryOf(this.server.pids);
      await this.answered(this.server.answer);
      this.rate = await warmUp(this, this.plan.warmUpSeconds);
      say(`${this.contender.title}: about ${this.rate.toFixed(0)} executions/s`);
    });
  }

  /** One of each measurement. */
  async round(number) {
    if (this.failure !== null) return;
    await this.attempt(`round ${number}`, async () => {
      await leadIn(this, this.rate);
      const memory = watchMemory(this.server.pids);
      const count = Math.max(this.plan.leastCount, Math.round(this.rate * this.plan.throughputSeconds));
      const fast = await throughput(this, count).finally(() => (this.loadBytes = memory.stop()));
      await rest();
      const even = await steady(this, this.plan.steadySeconds);
      await rest();
      const answer = await answers(this, this.plan.answers);
      this.rounds.push({ round: number, ...fast, ...even, answer, loadBytes: this.loadBytes });
      say(`round ${number}: ${this.contender.title}: ${fast.perSecond.toFixed(0)} executions/s`);
    });
  }

  async end() {
    await this.server?.stop();
    this.server = null;
  }

  async restart() {
    await this.end();
    const began = performance.now();
    this.server = await this.contender.start(this.context);
    await this.answered(this.server.accept);
    this.startSeconds.push((performance.now() - began) / 1000);
  }

  /** Asks until it is answered well. */
  async answered(path) {
    const ask = () => isOk(this.server.url + path, post({ n: this.numbers.take(1), amount: 1 }));
    const limitMs = this.contender.startLimitMs ?? 60_000;
    const { programs } = this.server;
    await until(`the first answer of ${this.contender.title}`, ask, {
      limitMs,
      everyMs: FIRST_ANSWER_EVERY_MS,
      programs,
    });
  }

  /** A contender that fails is out, with the reason; the others go on. */
  async attempt(what, work) {
    try {
      await work();
    } catch (error) {
      this.failure = `${what}: ${error.message}`;
      say(`${this.contender.title} is out: ${this.failure}`);
      await this.end().catch(() => undefined);
    }
  }
}
