import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterFile } from './cleanup.js';

/** What a tool of this server does with a call; what it gives is the text of the answer. `begin` sends its stream's head. */
export type Tool = (given: Record<string, unknown>, begin: () => Promise<void>) => Promise<string> | string;

/** A server of streamable HTTP with sessions, and with streams that cannot be resumed. */
export class McpHttpServer {
  readonly calls: string[] = [];
  /** Sessions that their clients have ended. */
  readonly ended: string[] = [];
  private readonly sessions = new Map<string, StreamableHTTPServerTransport>();

  private constructor(
    private readonly http: HttpServer,
    private readonly tools: Readonly<Record<string, Tool>>,
  ) {}

  static async start(tools: Readonly<Record<string, Tool>>): Promise<McpHttpServer> {
    const http = createServer();
    const made = new McpHttpServer(http, tools);
    http.on('request', (request, response) => {
      const session = made.sessions.get(String(request.headers['mcp-session-id']));
      if (session !== undefined) void session.handleRequest(request, response);
      else if (request.headers['mcp-session-id'] !== undefined) response.writeHead(404).end();
      else void made.open().then((opened) => opened.handleRequest(request, response));
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    afterFile(() => {
      http.closeAllConnections();
      http.close();
    });
    return made;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}/mcp`;
  }

  /** As after a restart. */
  forgetSessions(): void {
    this.sessions.clear();
  }

  /** Every stream breaks off. */
  cut(): void {
    this.http.closeAllConnections();
  }

  private async open(): Promise<StreamableHTTPServerTransport> {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void this.sessions.set(id, transport),
      onsessionclosed: (id) => void this.ended.push(id),
    });
    const { server } = new McpServer({ name: 'test', version: '1' }, { capabilities: { tools: {}, logging: {} } });
    server.setRequestHandler(ListToolsRequestSchema, () => ({
      tools: Object.keys(this.tools).map((name) => ({ name, inputSchema: { type: 'object' as const } })),
    }));
    server.setRequestHandler(CallToolRequestSchema, async ({ params }, { sendNotification }) => {
      this.calls.push(params.name);
      const begin = () =>
        sendNotification({ method: 'notifications/message', params: { level: 'info', data: 'begun' } });
      const text = (await this.tools[params.name]?.(params.arguments ?? {}, begin)) ?? '';
      return { content: [{ type: 'text' as const, text }] };
    });
    await server.connect(transport);
    return transport;
  }
}
