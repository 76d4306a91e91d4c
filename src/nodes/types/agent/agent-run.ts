import { LanguageModelError } from '../../../common/ai/ai.errors.js';
import type {
  ChatMessage,
  LanguageModels,
  ModelAnswer,
  ModelRequest,
  ToolCall,
} from '../../../common/ai/language-models.contract.js';
import { AppError } from '../../../common/errors/app-error.js';
import { newId } from '../../../common/ids.js';
import {
  done,
  type ChildAnswer,
  type ChildRequest,
  type NodeContext,
  type NodeOutcome,
  type StepJournal,
} from '../../node.contract.js';
import { NodeError } from '../../nodes.errors.js';
import type { AgentConfig } from './agent.config.js';
import { outcome, type OfferedTool, type ToolOutcome } from './agent-tools.js';
import type { Reservation, Spending } from './spending.js';

export interface AgentSetting {
  readonly models: LanguageModels;
  readonly request: Omit<ModelRequest, 'messages' | 'idempotencyKey' | 'onText' | 'tools'>;
  readonly tools: ReadonlyMap<string, OfferedTool>;
  readonly spending: Spending;
  readonly remembered: readonly ChatMessage[];
}

/** A tool call that waits for the execution of a workflow. */
interface Asked {
  readonly kind: 'workflow';
  readonly key: string;
}

/** An attempt leaves what it has to wait for in its way out. */
class MustWait extends Error {
  constructor(readonly outcome: NodeOutcome) {
    super('the agent waits for a workflow');
  }
}

/**
 * The turns of an agent. Each answer of the model and each result of a tool is in the journal before anything follows
 * from it; another attempt goes through the same turns by the journal, and asks and calls only what is not there.
 */
export class AgentRun {
  private readonly messages: ChatMessage[];
  private turn = 0;
  private calls = 0;

  constructor(
    private readonly ctx: NodeContext<AgentConfig>,
    private readonly setting: AgentSetting,
    private readonly journal: StepJournal,
    private readonly known: ReadonlyMap<string, unknown>,
  ) {
    this.messages = [...setting.remembered, { role: 'user', content: ctx.config.task }];
  }

  async run(): Promise<NodeOutcome> {
    const { max_turns } = this.ctx.config;
    try {
      while (this.turn < max_turns) {
        this.turn++;
        const answer = await this.answer();
        this.messages.push({ role: 'assistant', content: answer.text, toolCalls: answer.toolCalls });
        if (answer.toolCalls.length === 0) return this.finish(answer);
        for (const [index, call] of answer.toolCalls.entries()) await this.use(call, `${this.turn}.${index}`);
      }
    } catch (error) {
      if (error instanceof MustWait) return error.outcome;
      throw error;
    }
    throw new NodeError('max_turns_reached', `The agent was not ready after ${max_turns} turns`, {
      details: this.spent(),
    });
  }

  private async answer(): Promise<ModelAnswer> {
    const { ctx, setting, turn } = this;
    const tools = [...setting.tools.values()].map(({ description }) => description);
    const recorded = this.known.get(`turn:${turn}`) as ModelAnswer | undefined;
    for (const reserved of this.earlier(turn)) {
      const call = setting.spending.begin(reserved);
      // The last of them gave the answer; whatever else was begun may have been paid for too.
      if (recorded !== undefined && reserved === this.earlier(turn).at(-1)) setting.spending.settle(call, recorded);
    }
    if (recorded !== undefined) return recorded;
    const request = { ...setting.request, messages: this.messages, tools };
    const reserved = setting.spending.reserve(request);
    await this.journal.write(`ask:${turn}:${ctx.attempt}`, reserved);
    const call = setting.spending.begin(reserved);
    const key = `${ctx.idempotencyKey}:turn-${turn}`;
    const answer = await setting.models.complete({
      ...request,
      idempotencyKey: key,
      onText: (piece, isLast) => ctx.tell?.(piece, isLast),
    });
    setting.spending.settle(call, answer);
    await this.journal.write(`turn:${turn}`, answer);
    const { usage, cost, toolCalls } = answer;
    ctx.log.info(
      `turn ${turn}: ${toolCalls.length === 0 ? 'answered' : `asks for ${toolCalls.map(({ name }) => name).join(', ')}`}`,
      { turn, tools: toolCalls.map(({ name }) => name), usage, cost },
    );
    return answer;
  }

  /** Calls of this turn that earlier attempts have begun, in order. */
  private earlier(turn: number): Reservation[] {
    const found: Reservation[] = [];
    for (let attempt = 1; attempt <= this.ctx.attempt; attempt++) {
      const reserved = this.known.get(`ask:${turn}:${attempt}`) as Reservation | undefined;
      if (reserved !== undefined) found.push(reserved);
    }
    return found;
  }

  private async use(call: ToolCall, key: string): Promise<void> {
    this.calls++;
    const recorded = this.known.get(`call:${key}`) as ToolOutcome | undefined;
    const given = recorded ?? (await this.call(call, key));
    this.messages.push({ role: 'tool', callId: call.id, content: given.text, isError: given.is_error });
  }

  private async call(call: ToolCall, key: string): Promise<ToolOutcome> {
    const { ctx } = this;
    const given = await this.perform(call, key);
    await this.journal.write(`call:${key}`, given);
    ctx.log.info(`tool ${call.name}${given.is_error ? ' failed' : ''}`, {
      turn: this.turn,
      tool: call.name,
      is_error: given.is_error,
      arguments: call.arguments,
      result: given.text.slice(0, 2_000),
    });
    return given;
  }

  private async perform(call: ToolCall, key: string): Promise<ToolOutcome> {
    const { ctx } = this;
    const tool = this.setting.tools.get(call.name);
    if (tool === undefined) return outcome(`There is no tool "${call.name}"`, true);
    if (call.arguments === null) return outcome('The arguments are no JSON object', true);
    if (tool.workflow !== null) return this.ofWorkflow(tool.workflow, call.arguments, key);
    try {
      return await tool.call(call.arguments, `${ctx.idempotencyKey}:call-${key}`);
    } catch (error) {
      // A lost server, a database that is away: another attempt goes on here. What is wrong for good the model may mend.
      if (ctx.signal.aborted || !(error instanceof AppError) || error.retryable) throw error;
      return outcome(`${error.code}: ${error.message}`, true);
    }
  }

  /** The agent holds no slot while the workflow runs, and is entered again with its answer. */
  private ofWorkflow(workflow: string, input: unknown, key: string): ToolOutcome {
    const { resumed } = this.ctx;
    const asked = resumed?.state as Asked | undefined;
    if (asked?.key === key && resumed?.answer) return ended(resumed.answer.value as ChildAnswer);
    const payload: ChildRequest = {
      kind: 'workflow',
      execution_id: newId(),
      workflow,
      version: null,
      input,
      wait: true,
    };
    const state: Asked = { kind: 'workflow', key };
    const shows = { execution_id: payload.execution_id };
    throw new MustWait({ kind: 'suspend', request: { for: 'child', payload }, until: null, state, shows });
  }

  private finish(answer: ModelAnswer): NodeOutcome {
    if (answer.finishReason === 'length')
      throw new LanguageModelError('llm_answer_truncated', 'The answer was cut off at max_tokens');
    return done({ text: answer.text, turns: this.turn, tool_calls: this.calls, ...this.spent() });
  }

  private spent(): { tokens: number; cost: number | null } {
    const { tokens, usd } = this.setting.spending.total();
    return { tokens, cost: usd };
  }
}

function ended(answer: ChildAnswer): ToolOutcome {
  if (answer.kind === 'refused') return outcome(`${answer.error.code}: ${answer.error.message}`, true);
  if (answer.kind !== 'workflow') return outcome('The workflow gave nothing', true);
  if (answer.status === 'completed') return outcome(answer.output, false);
  return outcome(`The workflow ended as ${answer.status}: ${JSON.stringify(answer.error)}`, true);
}
