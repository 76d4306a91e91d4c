import { Injectable } from '@nestjs/common';
import type { SqlClient } from '../common/database/database.js';

export interface VersionInForce {
  readonly version: number;
  readonly mode: 'execute' | 'notify' | null;
  /** How long the version keeps its history; null: it does not say. */
  readonly retentionMs: number | null;
}

type Reader = (workflowId: string, client?: SqlClient) => Promise<VersionInForce | null>;

/** Which version of a workflow is deployed. The deployment module, which stands above this one, says how to know. */
@Injectable()
export class InForce {
  private reader: Reader = () => Promise.resolve(null);

  readBy(reader: Reader): void {
    this.reader = reader;
  }

  /** null: not deployed. @param client of a transaction that keeps the workflow; default: any. */
  of(workflowId: string, client?: SqlClient): Promise<VersionInForce | null> {
    return this.reader(workflowId, client);
  }
}
