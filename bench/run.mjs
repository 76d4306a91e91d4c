// npm run bench: Millrace beside its peers and its limits. See README.md beside this file.
import { parseArgs } from 'node:util';
import { compare } from './compare/compare.mjs';
import { own } from './own/own.mjs';
import { scale } from './scale/scale.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    rounds: { type: 'string' },
    own: { type: 'boolean', default: false },
    executions: { type: 'string', default: '10000' },
    connections: { type: 'string', default: '50' },
    json: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    rows: { type: 'string' },
    minutes: { type: 'string' },
    schedules: { type: 'string' },
  },
});

try {
  const good = await chosen();
  process.exit(good ? 0 : 1);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}

async function chosen() {
  const [name, ...parts] = positionals;
  if (name === 'scale') return await scale(parts, options);
  if (name !== undefined) throw new Error(`there is no bench "${name}": scale, or none for the comparison`);
  return options.own ? await own(options) : await compare(options);
}
