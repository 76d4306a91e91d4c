import type { ChatMessage, ModelAnswer, ModelRequest, Price } from '../../../common/ai/language-models.contract.js';
import { NodeError } from '../../nodes.errors.js';
import type { AgentBudget } from './agent.config.js';

/** What a call may cost at most. */
export interface Reservation {
  readonly tokens: number;
  readonly usd: number | null;
}

/** Of a call that was begun: what it was to cost at most, and what it has cost once that is known. */
interface Call {
  readonly reserved: Reservation;
  actual: Reservation | null;
}

/** No tokeniser makes more tokens of a text than this share of its bytes, save of noise. */
const BYTES_A_TOKEN = 2;
/** What a message and the frame of a request take beside their text. */
const TOKENS_A_MESSAGE = 16;

/**
 * What an agent has spent, and whether another call fits. A call that was cut off before its answer was recorded counts
 * as if it had cost all that was reserved: it may have been paid for.
 */
export class Spending {
  private readonly calls: Call[] = [];

  constructor(
    private readonly budget: AgentBudget,
    private readonly price: Price | null,
  ) {
    if (budget.usd !== undefined && price === null)
      throw new NodeError(
        'price_unknown',
        'A budget in dollars needs the price of the model: give it in `prices` of the connection',
      );
  }

  /** @throws NodeError `budget_exceeded` when the call could go beyond the budget */
  reserve(request: Pick<ModelRequest, 'system' | 'messages' | 'tools' | 'maxTokens'>): Reservation {
    const input = estimate(request);
    const usd = this.dollars(input, request.maxTokens);
    const reserved = { tokens: input + request.maxTokens, usd };
    const { tokens: spentTokens, usd: spentUsd } = this.total();
    const { tokens, usd: mostUsd } = this.budget;
    if (tokens !== undefined && spentTokens + reserved.tokens > tokens)
      throw exceeded(
        `${spentTokens} tokens are spent, the next call may take ${reserved.tokens}, and the budget is ${tokens}`,
      );
    if (mostUsd !== undefined && (spentUsd ?? 0) + (usd ?? 0) > mostUsd)
      throw exceeded(`$${spentUsd} are spent, the next call may cost $${usd}, and the budget is $${mostUsd}`);
    return reserved;
  }

  begin(reserved: Reservation): Call {
    const call = { reserved, actual: null };
    this.calls.push(call);
    return call;
  }

  /** Without a count of the provider, what was reserved counts. */
  settle(call: Call, { usage, cost }: Pick<ModelAnswer, 'usage' | 'cost'>): void {
    call.actual = usage === null ? call.reserved : { tokens: usage.total_tokens, usd: cost };
  }

  total(): Reservation {
    const counted = this.calls.map(({ actual, reserved }) => actual ?? reserved);
    const tokens = counted.reduce((sum, { tokens }) => sum + tokens, 0);
    if (this.price === null) return { tokens, usd: null };
    return { tokens, usd: Number(counted.reduce((sum, { usd }) => sum + (usd ?? 0), 0).toFixed(8)) };
  }

  private dollars(input: number, output: number): number | null {
    return this.price === null ? null : (input * this.price.input + output * this.price.output) / 1_000_000;
  }
}

function estimate({ system = '', messages, tools = [] }: Pick<ModelRequest, 'system' | 'messages' | 'tools'>): number {
  const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
  const text = bytes(system) + bytes(tools) + messages.reduce((sum, message: ChatMessage) => sum + bytes(message), 0);
  return Math.ceil(text / BYTES_A_TOKEN) + (messages.length + tools.length + 1) * TOKENS_A_MESSAGE;
}

function exceeded(why: string): NodeError {
  return new NodeError('budget_exceeded', `The budget of the agent does not allow another call: ${why}`);
}
