import { Redis } from 'ioredis';
import { startRedis, type TestRedis } from '../support/services.js';

/** The Redis of a run. What it held is gone when it stops. */
export class RedisServer {
  private constructor(private server: TestRedis) {}

  static async start(): Promise<RedisServer> {
    return new RedisServer(await startRedis());
  }

  get url(): string {
    return this.server.url;
  }

  async empty(): Promise<void> {
    await this.tell((client) => client.flushall());
  }

  /** Writes of all clients wait; those of a client that dies meanwhile never happen. */
  async pauseWrites(milliseconds: number): Promise<void> {
    await this.tell((client) => client.call('CLIENT', 'PAUSE', String(milliseconds), 'WRITE'));
  }

  async resumeWrites(): Promise<void> {
    await this.tell((client) => client.call('CLIENT', 'UNPAUSE'));
  }

  async restart(downMs: number): Promise<void> {
    await this.server.stop();
    await new Promise((next) => setTimeout(next, downMs));
    this.server = await startRedis(Number(new URL(this.url).port));
  }

  private async tell(work: (client: Redis) => Promise<unknown>): Promise<void> {
    const client = new Redis(this.url);
    try {
      await work(client);
    } finally {
      client.disconnect();
    }
  }
}
