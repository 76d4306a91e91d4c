import swc from 'unplugin-swc';
import { defineConfig } from 'vitest/config';

/** Nest reads constructor types from decorator metadata, which only swc writes here. */
const plugins = [
  swc.vite({
    module: { type: 'es6' },
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
      keepClassNames: true,
    },
  }),
];

const setupFiles = ['test/support/setup.ts'];
/** The limits are generous: they only end what hangs. */
const limits = { testTimeout: 180_000, hookTimeout: 180_000, teardownTimeout: 10_000 };

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        plugins,
        test: { name: 'unit', include: ['src/**/*.spec.ts'], setupFiles, ...limits, pool: 'forks', isolate: false },
      },
      {
        plugins,
        test: {
          name: 'integration',
          include: ['test/**/*.spec.ts'],
          globalSetup: ['test/support/global-setup.ts'],
          setupFiles,
          ...limits,
          pool: 'forks',
          // Servers, type registries and BullMQ's backend factory are per process.
          isolate: true,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
