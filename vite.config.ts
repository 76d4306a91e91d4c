import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

/** Below this a compressed file saves nothing that counts. Bytes. */
const SMALLEST = 1024;

/** Beside each asset its compressed forms, so that the server never compresses one. */
const precompress: Plugin = {
  name: 'precompress',
  writeBundle({ dir = '' }) {
    const assets = join(dir, 'assets');
    for (const name of readdirSync(assets)) {
      const bytes = readFileSync(join(assets, name));
      if (bytes.length < SMALLEST) continue;
      writeFileSync(join(assets, `${name}.gz`), gzipSync(bytes));
      const params = { [constants.BROTLI_PARAM_QUALITY]: 6 };
      writeFileSync(join(assets, `${name}.br`), brotliCompressSync(bytes, { params }));
    }
  },
};

/** The console: `src/console/web` to `dist/console`, which `src/console` serves. */
export default defineConfig({
  root: join(import.meta.dirname, 'src/console/web'),
  base: '/console/',
  // The server puts a nonce of the answer's own in its place.
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    outDir: join(import.meta.dirname, 'dist/console'),
    emptyOutDir: true,
    target: 'es2023',
    manifest: true,
    reportCompressedSize: false,
    // The CSP has no `data:` for scripts and fonts.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2000,
    // `'use client'` of the component library means nothing here.
    rolldownOptions: { checks: { moduleLevelDirective: false, pluginTimings: false } },
  },
  plugins: [precompress],
});
