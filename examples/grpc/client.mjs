// Creates a workflow, runs it, and watches it to its end. MILLRACE_GRPC: host and port; MILLRACE_KEY: an API key.
import { credentials, loadPackageDefinition, Metadata } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const protos = new URL('../../proto', import.meta.url).pathname;
const loaded = loadSync('workflow_service.proto', {
  includeDirs: [protos],
  keepCase: true,
  longs: String,
  enums: String,
  defaults: true,
  oneofs: true,
});
const { WorkflowService } = loadPackageDefinition(loaded).millrace.v1;
const client = new WorkflowService(process.env.MILLRACE_GRPC ?? 'localhost:50051', credentials.createInsecure());
const metadata = new Metadata();
metadata.set('authorization', `Bearer ${process.env.MILLRACE_KEY}`);

/** A unary call as a promise, given up after 10 seconds. */
const call = (method, request) =>
  new Promise((resolve, reject) => {
    const options = { deadline: Date.now() + 10_000 };
    client[method](request, metadata, options, (error, answer) => (error ? reject(error) : resolve(answer)));
  });

const definition = `
name: Greet by gRPC
steps:
  - {id: greet, type: set, config: {values: {text: "Hello {{ input.name }}"}}}
  - {id: say, type: log, config: {message: "{{ steps.greet.output.text }}"}}
output: {greeting: "{{ steps.greet.output.text }}"}
`;
const workflow = await call('CreateWorkflow', { definition });
console.log('created', workflow.slug, workflow.status);

// google.protobuf.Value: any JSON.
const input = { structValue: { fields: { name: { stringValue: 'Ada' } } } };
const started = await call('ExecuteWorkflow', { workflow_id: workflow.id, input });

for await (const event of client.watchExecution({ execution_id: started.execution_id }, metadata)) {
  if (event.log) console.log('log', event.log.message);
  if (event.end) console.log('end', event.end.status);
}

const execution = await call('GetExecutionStatus', { execution_id: started.execution_id });
console.log('output', execution.output.structValue.fields.greeting.stringValue);

await call('DeleteWorkflow', { id: workflow.id, etag: workflow.etag });
await call('GetWorkflow', { id: workflow.id }).catch((error) => console.log('error', error.code, error.details));
client.close();
