import { Injectable } from '@nestjs/common';
import { masked, secretsIn } from '../../common/connections/connection-secrets.js';
import { secretFieldsOf } from '../../common/connections/connection-types.js';
import { Redactor } from '../../common/logging/redactor.js';
import type { Plain } from '../../common/plain.js';
import { SecretBox, type SealedSecret } from '../secret-box.js';
import { SecretUnreadableError } from '../secrets.errors.js';
import type { ConnectionDto } from './connection.dto.js';
import type { ConnectionEntity } from './connection.entity.js';

type Config = Record<string, unknown>;

/** Seals whole configs, bound to the id of their connection. What was opened is redacted from then on. */
@Injectable()
export class ConnectionSeal {
  constructor(
    private readonly box: SecretBox,
    private readonly redactor: Redactor,
  ) {}

  close(id: string, config: Config): SealedSecret {
    return this.box.seal(sealedNameOf(id), JSON.stringify(config));
  }

  /** @throws SecretUnreadableError */
  open({ id, type, keyId, sealed }: ConnectionEntity): Config {
    const config = JSON.parse(this.box.open(sealedNameOf(id), { keyId, sealed })) as Config;
    this.redactor.add(...secretsIn(config, secretFieldsOf(type)));
    return config;
  }

  view(row: ConnectionEntity): Plain<ConnectionDto> {
    const { id, name, type, description, revision, createdBy, createdAt, updatedAt } = row;
    return {
      id,
      name,
      type,
      config: this.shown(row),
      description,
      revision,
      created_by: createdBy,
      created_at: createdAt,
      updated_at: updatedAt,
    };
  }

  private shown(row: ConnectionEntity): Config | null {
    try {
      return masked(this.open(row), secretFieldsOf(row.type));
    } catch (error) {
      if (error instanceof SecretUnreadableError) return null;
      throw error;
    }
  }
}

/** What a connection is sealed as. */
export function sealedNameOf(id: string): string {
  return `connection/${id}`;
}
