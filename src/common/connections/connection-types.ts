import type { Fault } from '../errors/app-error.js';
import { readDto } from '../validation/dto-check.js';
import { DatabaseConnection, databaseFaults } from './database.connection.js';
import { ImapConnection, imapFaults, SmtpConnection, smtpFaults } from './mail.connection.js';
import { secretFields, type SecretKind } from './secret-field.js';
import {
  githubFaults,
  GitHubConnection,
  LlmConnection,
  llmFaults,
  McpConnection,
  mcpFaults,
} from './service.connection.js';

export interface ConnectionConfigs {
  readonly database: DatabaseConnection;
  readonly smtp: SmtpConnection;
  readonly imap: ImapConnection;
  readonly github: GitHubConnection;
  readonly mcp: McpConnection;
  readonly llm: LlmConnection;
}

export type ConnectionType = keyof ConnectionConfigs;

interface TypeRule<C extends object> {
  readonly config: new () => C;
  /** What one field's rules cannot see. */
  readonly faults: (config: C) => readonly Fault[];
}

/** THE LIST: what a connection may be of, one line each. */
const TYPES: { readonly [T in ConnectionType]: TypeRule<ConnectionConfigs[T]> } = {
  database: { config: DatabaseConnection, faults: databaseFaults },
  smtp: { config: SmtpConnection, faults: smtpFaults },
  imap: { config: ImapConnection, faults: imapFaults },
  github: { config: GitHubConnection, faults: githubFaults },
  mcp: { config: McpConnection, faults: mcpFaults },
  llm: { config: LlmConnection, faults: llmFaults },
};

export const CONNECTION_TYPES = Object.keys(TYPES) as ConnectionType[];

/** A config as its type's class, defaults applied, with all its faults; paths are relative to the config. */
export function readConnectionConfig<T extends ConnectionType>(
  type: T,
  data: unknown,
): { config: ConnectionConfigs[T]; faults: readonly Fault[] } {
  const rule: TypeRule<ConnectionConfigs[T]> = TYPES[type];
  const { value, faults } = readDto(rule.config, data);
  return { config: value, faults: faults.length > 0 ? faults : rule.faults(value) };
}

export function secretFieldsOf(type: ConnectionType): ReadonlyMap<string, SecretKind> {
  return secretFields(TYPES[type].config.prototype as object);
}
