import { join } from 'node:path';

/** Beside `src` and beside `dist/src` alike. */
export const PROTO_FOLDER = join(import.meta.dirname, '../../../proto');
export const PROTO_PACKAGE = 'millrace.v1';
/** What services are declared in; they import the rest. */
export const SERVICE_FILES = [
  'workflow_service.proto',
  'trigger_service.proto',
  'integration.proto',
  'ai_service.proto',
  'error.proto',
] as const;

/** Names as the API writes them, numbers as numbers (none passes 2^53), what is left out as its default. */
export const LOADER_OPTIONS = {
  keepCase: true,
  longs: Number,
  enums: String,
  defaults: true,
  oneofs: true,
  includeDirs: [PROTO_FOLDER],
};
