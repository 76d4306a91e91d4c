import { Injectable } from '@nestjs/common';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { AppError, type Fault } from '../../../common/errors/app-error.js';
import { McpClients } from '../../../common/mcp/mcp-clients.js';
import { McpFailure } from '../../../common/mcp/mcp.errors.js';
import { allPages, callTool } from '../../../common/mcp/tool-results.js';
import { done, NodeType, type NodeContext, type NodeOutcome } from '../../node.contract.js';
import { AttemptAbortedError, NodeError } from '../../nodes.errors.js';
import { McpConfig } from './mcp.config.js';

@Injectable()
export class McpNode extends NodeType<McpConfig> {
  readonly type = 'mcp';
  readonly kind = 'TOOL';
  readonly title = 'MCP';
  readonly description = 'Calls a tool of an MCP server, lists its tools or resources, or reads a resource.';
  readonly config = McpConfig;

  constructor(private readonly clients: McpClients) {
    super();
  }

  effect({ operation }: Readonly<Record<string, unknown>>): 'once' | 'idempotent' {
    return operation === undefined || operation === 'call_tool' ? 'once' : 'idempotent';
  }

  override faults({ operation, tool, uri }: McpConfig): readonly Fault[] {
    const need = (path: string): Fault[] => [
      { path, code: 'field_required', message: `"${path}" is required for ${operation}` },
    ];
    if (operation === 'call_tool' && tool === undefined) return need('tool');
    return operation === 'read_resource' && uri === undefined ? need('uri') : [];
  }

  async execute(ctx: NodeContext<McpConfig>): Promise<NodeOutcome> {
    try {
      const connection = await ctx.connections.get(ctx.config.server, 'mcp');
      return await this.clients.use(connection, ctx.signal, (client) => perform(client, ctx));
    } catch (error) {
      if (ctx.signal.aborted) throw new AttemptAbortedError(ctx.signal);
      if (error instanceof McpFailure && error.afterMs !== null) {
        const { code, message, retryable, afterMs } = error;
        return { kind: 'retry', after: afterMs, error: { code, message, retryable } };
      }
      if (error instanceof AppError && !(error instanceof NodeError))
        throw new NodeError(error.code, error.message, { retryable: error.retryable, cause: error });
      throw error;
    }
  }
}

async function perform(
  client: Client,
  { config, signal, idempotencyKey }: NodeContext<McpConfig>,
): Promise<NodeOutcome> {
  if (config.operation === 'list_tools') return done({ tools: await listTools(client, signal) });
  if (config.operation === 'list_resources') return done({ resources: await listResources(client, signal) });
  if (config.operation === 'read_resource')
    return done({ contents: (await client.readResource({ uri: config.uri ?? '' }, { signal })).contents });
  const call = { tool: config.tool ?? '', arguments: config.arguments, idempotencyKey };
  const { is_error, ...output } = await callTool(client, call, signal);
  if (!is_error) return done(output);
  const message = `The tool ${call.tool} failed: ${output.text.slice(0, 1_000)}`;
  return { kind: 'fail', error: { code: 'mcp_tool_failed', message, retryable: false, details: output } };
}

function listTools(client: Client, signal: AbortSignal) {
  return allPages(async (cursor) => {
    const { tools, nextCursor } = await client.listTools({ cursor }, { signal });
    const items = tools.map(({ name, description = '', inputSchema }) => ({
      name,
      description,
      input_schema: inputSchema,
    }));
    return { items, next: nextCursor };
  });
}

function listResources(client: Client, signal: AbortSignal) {
  return allPages(async (cursor) => {
    const { resources, nextCursor } = await client.listResources({ cursor }, { signal });
    const items = resources.map(({ uri, name, description = '', mimeType }) => ({
      uri,
      name,
      description,
      type: mimeType ?? null,
    }));
    return { items, next: nextCursor };
  });
}
