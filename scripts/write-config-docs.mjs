// Writes .env.example and docs/reference/configuration.md from the table of settings. Needs a build.
import { mkdirSync, writeFileSync } from 'node:fs';
import { configurationPage, envExample } from '../dist/src/common/config/reference.js';

mkdirSync('docs/reference', { recursive: true });
writeFileSync('.env.example', envExample());
writeFileSync('docs/reference/configuration.md', configurationPage());
