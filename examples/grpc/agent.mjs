// Runs an agent and shows its work. MILLRACE_GRPC: host and port; MILLRACE_KEY: an API key of an editor. `clerk` is a
// connection of type llm, `fetch` what the model calls the node type http.
import { credentials, loadPackageDefinition, Metadata } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const includeDirs = [new URL('../../proto', import.meta.url).pathname];
const loaded = loadSync('ai_service.proto', {
  includeDirs,
  keepCase: true,
  enums: String,
  defaults: true,
  oneofs: true,
});
const { AIAgentService } = loadPackageDefinition(loaded).millrace.v1;
const client = new AIAgentService(process.env.MILLRACE_GRPC ?? 'localhost:50051', credentials.createInsecure());
const metadata = new Metadata();
metadata.set('authorization', `Bearer ${process.env.MILLRACE_KEY}`);

const request = {
  agent_id: 'clerk',
  task: process.argv[2] ?? 'Is https://example.com up?',
  tools: [{ node: 'http', name: 'fetch', description: 'Fetches a page.' }],
  budget: { tokens: 50_000 },
};
for await (const { turn, tool_call: call, result } of client.runAgent(request, metadata)) {
  if (turn) console.log('turn', turn.turn, turn.tools.join(', ') || 'answered');
  if (call) console.log('tool', call.tool, call.is_error ? 'failed' : 'worked');
  if (result) console.log(result.status, result.error?.code ?? result.text);
}
client.close();
