// A server of the Model Context Protocol over stdio, for what the reference servers cannot be asked to do.
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { CallToolRequestSchema } from '@modelcontextprotocol/sdk/types.js';

const text = (value) => ({ content: [{ type: 'text', text: String(value) }] });

const TOOLS = {
  pid: () => text(process.pid),
  die: () => process.exit(7),
  /** Answers when there is such a file. */
  hold: async ({ file }) => {
    while (!existsSync(file)) await delay(10);
    return text(process.pid);
  },
};

const { server } = new McpServer({ name: 'test', version: '1' }, { capabilities: { tools: {} } });
server.setRequestHandler(CallToolRequestSchema, ({ params }) => TOOLS[params.name](params.arguments));
await server.connect(new StdioServerTransport());
