import type { ToolDescription } from '../../../common/ai/language-models.contract.js';
import type { McpClients } from '../../../common/mcp/mcp-clients.js';
import { allPages, callTool } from '../../../common/mcp/tool-results.js';
import type { NodeContext } from '../../node.contract.js';
import { NodeError } from '../../nodes.errors.js';
import type { AgentConfig, AgentTool } from './agent.config.js';

/** What a tool gave, as the model reads it. */
export interface ToolOutcome {
  readonly text: string;
  readonly is_error: boolean;
}

type Arguments = Readonly<Record<string, unknown>>;

export interface OfferedTool {
  readonly description: ToolDescription;
  /** A workflow is run by the engine; anything else here and now. */
  readonly workflow: string | null;
  /** The MCP server whose tool it is. */
  readonly server: string | null;
  call(given: Arguments, idempotencyKey: string): Promise<ToolOutcome>;
}

/** Types whose work is done when their attempt is; the others steer the execution. */
const USABLE = new Set(['ACTION', 'EXTERNAL_ACTION', 'TOOL', 'MEMORY']);
const ANY_OBJECT = { type: 'object', additionalProperties: true };
const MAX_RESULT = 64 * 1024;

/** The tools of an agent by the names that the model knows. @throws NodeError, McpFailure */
export async function offeredTools(
  ctx: NodeContext<AgentConfig>,
  clients: McpClients,
): Promise<Map<string, OfferedTool>> {
  const lists = await Promise.all(ctx.config.tools.map((tool) => toolsOf(tool, ctx, clients)));
  const tools = new Map<string, OfferedTool>();
  for (const tool of lists.flat()) {
    const { name, isTaken } = freeName(tool, tools);
    if (isTaken)
      throw new NodeError(
        'tool_name_taken',
        `Two tools are called "${name}": give one another \`name\`, or narrow \`only\``,
      );
    tools.set(name, { ...tool, description: { ...tool.description, name } });
  }
  return tools;
}

/** What the model calls it. A server's tools bear the server's name as well where another tool was first. */
function freeName({ description, server }: OfferedTool, tools: ReadonlyMap<string, unknown>) {
  const own = spelled(description.name);
  const name = tools.has(own) && server !== null ? spelled(`${server}_${description.name}`) : own;
  return { name, isTaken: tools.has(name) };
}

/** Servers may call their tools as they like; providers allow these characters only, and 64 of them. */
function spelled(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 64);
}

async function toolsOf(tool: AgentTool, ctx: NodeContext<AgentConfig>, clients: McpClients): Promise<OfferedTool[]> {
  if (tool.mcp !== undefined) return await mcpTools(tool.mcp, tool.only, ctx, clients);
  return [tool.node === undefined ? workflowTool(tool) : nodeTool(tool.node, tool, ctx)];
}

async function mcpTools(
  server: string,
  only: readonly string[] | undefined,
  { connections, signal }: NodeContext,
  clients: McpClients,
): Promise<OfferedTool[]> {
  const connection = await connections.get(server, 'mcp');
  const listed = await clients.use(connection, signal, (client) =>
    allPages(async (cursor) => {
      const { tools, nextCursor } = await client.listTools({ cursor }, { signal });
      return { items: tools, next: nextCursor };
    }),
  );
  const missing = only?.find((name) => !listed.some((tool) => tool.name === name));
  if (missing !== undefined)
    throw new NodeError('tool_not_found', `The MCP server "${server}" has no tool "${missing}"`);
  return listed
    .filter(({ name }) => only?.includes(name) ?? true)
    .map(({ name, description = '', inputSchema }) => ({
      description: { name, description, parameters: inputSchema },
      workflow: null,
      server,
      call: async (given, idempotencyKey) => {
        const { text, content, structured_content, is_error } = await clients.use(connection, signal, (client) =>
          callTool(client, { tool: name, arguments: given, idempotencyKey }, signal),
        );
        if (text !== '') return outcome(text, is_error);
        // A model that is given nothing may ask again and again.
        return outcome(
          structured_content ?? { parts: content.map((part) => (part as { type?: string }).type) },
          is_error,
        );
      },
    }));
}

function nodeTool(type: string, tool: AgentTool, { nodes, signal, log }: NodeContext): OfferedTool {
  if (nodes === undefined) throw new NodeError('tool_not_found', 'Node types are out of reach here');
  const { kind, description, schema } = nodes.describe(type);
  if (!USABLE.has(kind))
    throw new NodeError('tool_not_usable', `"${type}" steers the execution; as a tool there are actions only`);
  const fixed = tool.config ?? {};
  return {
    description: {
      name: tool.name ?? type,
      description: tool.description ?? description,
      parameters: tool.parameters ?? without(schema, Object.keys(fixed)),
    },
    workflow: null,
    server: null,
    call: async (given, idempotencyKey) => {
      const result = await nodes.run(type, { ...given, ...fixed }, { idempotencyKey, signal, log });
      if (result.kind === 'done') return outcome(result.output, false);
      if (result.kind === 'fail' || result.kind === 'retry')
        return outcome(`${result.error.code}: ${result.error.message}`, true);
      return outcome(`"${type}" cannot be used like that as a tool`, true);
    },
  };
}

function workflowTool({ workflow = '', name, description, parameters }: AgentTool): OfferedTool {
  return {
    description: {
      name: name ?? workflow,
      description: description ?? `Runs the workflow ${workflow} and gives its output.`,
      parameters: parameters ?? ANY_OBJECT,
    },
    workflow,
    server: null,
    call: () => Promise.reject(new Error('a workflow is run by the engine')),
  };
}

export function outcome(value: unknown, is_error: boolean): ToolOutcome {
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? null);
  return { text: text.length > MAX_RESULT ? `${text.slice(0, MAX_RESULT)} … (cut off)` : text, is_error };
}

/** The fields that are fixed are not the model's to choose. */
function without(schema: Readonly<Record<string, unknown>>, fixed: readonly string[]): Record<string, unknown> {
  const { properties, required, ...rest } = schema as { properties?: Record<string, unknown>; required?: string[] };
  return {
    ...rest,
    properties: Object.fromEntries(Object.entries(properties ?? {}).filter(([name]) => !fixed.includes(name))),
    ...(required !== undefined && { required: required.filter((name) => !fixed.includes(name)) }),
  };
}
