import { Injectable } from '@nestjs/common';
import { Database } from '../../common/database/database.js';
import { callbackTarget } from '../../common/links/callback-token.js';
import { SignedTokens } from '../../common/links/signed-tokens.js';
import { StepAnswers } from '../suspension/step-answers.service.js';
import { CallbackInvalidError, CallbackUsedError } from './event.errors.js';

/** Calls of the addresses that waiting steps show. */
@Injectable()
export class Callbacks {
  constructor(
    private readonly tokens: SignedTokens,
    private readonly database: Database,
    private readonly answers: StepAnswers,
  ) {}

  /** Ends the wait with `body`. @throws CallbackInvalidError 403; CallbackUsedError 409 */
  async answer(token: string, body: unknown): Promise<void> {
    const target = callbackTarget(this.tokens, token);
    if (target === null) throw new CallbackInvalidError();
    const afterCommit = await this.database.retriedTransaction(async (client) => {
      const given = await this.answers.giveWithin(client, [{ ...target, value: body }]);
      if (!given.taken.has(target.stepExecutionId)) throw new CallbackUsedError();
      return given.afterCommit;
    });
    afterCommit();
  }
}
