import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { ApiDocument } from './api-document.js';
import { completeDocument } from './completion.js';
import { serveReDoc } from './redoc.js';

/** Paths that need no key; each checks credentials of its own, or shows nothing secret. */
const OPEN = /^(\/health|\/webhook\/|\/api\/v1\/public\/)/;
const DESCRIPTION = 'Millrace starts workflows by triggers and runs them durably. `/v1/…` is the same as `/api/v1/…`.';

/** Routes that stand straight on Fastify, where Nest does not see them. */
export type FurtherPaths = OpenAPIObject['paths'];

/** Swagger UI at /docs, ReDoc at /redoc, the document at /openapi.json. Call it when every route is registered. */
export function setUpOpenApi(app: NestFastifyApplication, version: string, further: FurtherPaths = {}): void {
  const document = once(() => openApiDocument(app, version, further));
  SwaggerModule.setup('docs', app, document, {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
    customSiteTitle: 'Millrace API',
    swaggerOptions: { persistAuthorization: true, displayRequestDuration: true },
  });
  serveReDoc(app);
}

export function openApiDocument(
  app: NestFastifyApplication,
  version: string,
  further: FurtherPaths = {},
): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Millrace')
    .setDescription(DESCRIPTION)
    .setVersion(version)
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addServer('/', 'This server')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key (`mr_…`) or a JWT.' }, 'bearer')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-API-Key' }, 'api_key')
    .addSecurityRequirements('bearer')
    .addSecurityRequirements('api_key')
    .build();
  const document = SwaggerModule.createDocument(app, config, { operationIdFactory: operationId });
  Object.assign(document.paths, further);
  listTags(document);
  openWithoutKey(document);
  completeDocument(document as unknown as ApiDocument);
  return document;
}

/** `WorkflowsController.create` becomes `workflows_create`: client generators make names of these. */
function operationId(controller: string, method: string): string {
  return `${controller.replace(/Controller$/, '').replace(/^./, (letter) => letter.toLowerCase())}_${method}`;
}

function openWithoutKey(document: OpenAPIObject): void {
  for (const [path, item] of Object.entries(document.paths)) {
    if (!OPEN.test(path)) continue;
    for (const operation of Object.values(item as Record<string, unknown>)) {
      if (typeof operation === 'object' && operation !== null && 'responses' in operation)
        Object.assign(operation, { security: [] });
    }
  }
}

/** In the order of the alphabet: that of the routes is an accident. */
function listTags(document: OpenAPIObject): void {
  const operations = Object.values(document.paths).flatMap((item) => Object.values(item as object) as unknown[]);
  const named = operations.flatMap((operation) => (operation as { tags?: string[] } | null)?.tags ?? []);
  document.tags = [...new Set(named)].sort().map((name) => ({ name }));
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
