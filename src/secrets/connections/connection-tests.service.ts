import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { AppConfig } from '../../common/config/app-config.js';
import type { ConnectionConfigs, ConnectionType } from '../../common/connections/connection-types.js';
import { AppError } from '../../common/errors/app-error.js';
import { GitHubApi } from '../../common/github/github-api.js';
import { githubIdentity } from '../../common/github/github-identity.js';
import { OutgoingHttp } from '../../common/http/outgoing-http.js';
import { OutgoingSockets } from '../../common/http/outgoing-sockets.js';
import { Redactor } from '../../common/logging/redactor.js';
import { guardedTransport } from '../../common/mail/smtp-transport.js';
import type { Plain } from '../../common/plain.js';
import { SqlClients } from '../../common/sql/sql-clients.js';
import { tryImap } from './checks/try-imap.js';
import { tryLlm } from './checks/try-llm.js';
import { tryMcp } from './checks/try-mcp.js';
import type { ConnectionTestDto } from './connection.dto.js';
import { OpenedConnections } from './opened-connections.js';

const TIMEOUT_MS = 15_000;

/** Connects, logs in, and says what answered. */
type Try<T extends ConnectionType> = (config: ConnectionConfigs[T], signal: AbortSignal, id: string) => Promise<string>;

@Injectable()
export class ConnectionTests {
  private readonly tries: { readonly [T in ConnectionType]: Try<T> };

  constructor(
    private readonly opened: OpenedConnections,
    private readonly clock: Clock,
    private readonly redactor: Redactor,
    settings: AppConfig,
    clients: SqlClients,
    http: OutgoingHttp,
    sockets: OutgoingSockets,
    github: GitHubApi,
  ) {
    this.tries = {
      database: async (config, signal) => {
        const client = clients.open(config);
        try {
          const statements = [{ sql: 'SELECT 1 AS one', params: [] }];
          await client.run({ statements, mode: 'read', maxRows: 1, timeoutMs: TIMEOUT_MS, signal });
          return client.dialect;
        } finally {
          await client.close();
        }
      },
      smtp: async (config) => {
        const transport = await guardedTransport(config, sockets);
        try {
          await transport.mailer.verify();
          return 'SMTP server';
        } finally {
          transport.close();
        }
      },
      imap: (config, signal) => tryImap(config, sockets, signal),
      github: async (config, signal) => {
        const identity = githubIdentity(settings.github, config);
        const path = 'token' in identity ? '/user' : '/app';
        const { body } = await github.request(identity, { path, as: null, signal });
        const { login, slug } = body as { login?: string; slug?: string };
        return login ?? slug ?? 'GitHub';
      },
      mcp: (config, signal, id) => tryMcp({ id, config }, http, signal),
      llm: (config, signal) => tryLlm(config, settings, http, signal),
    };
  }

  /** @throws ConnectionNotFoundError. What keeps the connection from working is told, not thrown. */
  async test(idOrName: string): Promise<Plain<ConnectionTestDto>> {
    const { id, type, config } = await this.opened.any(idOrName);
    const startedAt = this.clock.now();
    const took = (): number => this.clock.now() - startedAt;
    try {
      const detail = await this.attempt(type, config, id);
      return { ok: true, duration_ms: took(), detail: this.redactor.text(detail), error: null };
    } catch (error) {
      const code = error instanceof AppError ? error.code : 'connection_failed';
      const message = this.redactor.text(error instanceof Error ? error.message : String(error));
      return { ok: false, duration_ms: took(), detail: null, error: { code, message } };
    }
  }

  private attempt<T extends ConnectionType>(type: T, config: ConnectionConfigs[T], id: string): Promise<string> {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const tried: Try<T> = this.tries[type];
    return Promise.race([tried(config, signal, id), expiry(signal)]);
  }
}

function expiry(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = (): void => reject(new Error(`no answer within ${TIMEOUT_MS} ms`));
    signal.addEventListener('abort', fail, { once: true });
  });
}
