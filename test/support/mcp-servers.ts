import { join } from 'node:path';
import { ROOT } from './paths.js';

const stdio = (name: string, ...args: string[]) => ({
  type: 'mcp' as const,
  config: {
    transport: 'stdio',
    command: process.execPath,
    args: [join(ROOT, 'node_modules/@modelcontextprotocol', name, 'dist/index.js'), ...args],
  },
});

/** The reference servers from npm, as connections. */
export const everythingServer = stdio('server-everything', 'stdio');
export const filesystemServer = (folder: string) => stdio('server-filesystem', folder);
export const memoryServer = (file: string) => {
  const { type, config } = stdio('server-memory');
  return { type, config: { ...config, env: { MEMORY_FILE_PATH: file } } };
};
