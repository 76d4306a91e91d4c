import { Injectable } from '@nestjs/common';
import type { ClaimedExecution } from './claim.statement.js';

/** What the engine measures. */
@Injectable()
export class EngineMetrics {
  claimed(_claimed: ClaimedExecution): void {}
  ended(_claimed: ClaimedExecution, _status: string): void {}
  stepEnded(_type: string, _status: string, _durationMs: number): void {}
  retried(_type: string): void {}
}
