import { createReadStream, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';

const BUNDLE = 'redoc/bundles/redoc.standalone.js';
/** The build copies it there (`nest-cli.json`), so that the image needs no package for it. */
const COPIED = join(import.meta.dirname, '../../../assets/node_modules', BUNDLE);

/** All from this server. ReDoc writes its styles into the page and searches in a worker made of a blob. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "connect-src 'self'",
  "style-src 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  'worker-src blob:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Millrace API</title>
    <style>body { margin: 0; }</style>
  </head>
  <body>
    <redoc spec-url="/openapi.json"></redoc>
    <script src="/redoc/redoc.standalone.js"></script>
  </body>
</html>
`;

/** The API's pages to read, at /redoc. */
export function serveReDoc(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.get('/redoc', (_request, reply: FastifyReply) =>
    reply.header('content-security-policy', POLICY).type('text/html; charset=utf-8').send(PAGE),
  );
  fastify.get('/redoc/redoc.standalone.js', (_request, reply: FastifyReply) =>
    reply
      .header('cache-control', 'public, max-age=3600')
      .type('text/javascript; charset=utf-8')
      .send(createReadStream(bundle())),
  );
}

function bundle(): string {
  return existsSync(COPIED) ? COPIED : createRequire(import.meta.url).resolve(BUNDLE);
}
