import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, isOk, json, until } from '../lib/http.mjs';
import { NODE, PEERS } from '../lib/paths.mjs';
import { installPeer, versionOf } from '../lib/peer-install.mjs';
import { launch } from '../lib/processes.mjs';

const PACKAGES = { dependencies: { 'node-red': '5.0.7' } };

/** It records nothing: its finished executions are counted by a function node, in memory. */
export const nodeRed = {
  key: 'node-red',
  title: 'Node-RED (records nothing)',
  needsRedis: false,
  recordsNothing: true,
  async install() {
    const folder = await installPeer('node-red', PACKAGES);
    return { version: versionOf(folder, 'node-red') };
  },
  prepare: async () => undefined,
  async start({ folder }) {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    writeFileSync(join(folder, 'flows.json'), JSON.stringify(flows()));
    writeFileSync(
      join(folder, 'settings.js'),
      `module.exports = { flowFile: 'flows.json', httpAdminRoot: false, logging: { console: { level: 'warn' } },
        telemetry: { enabled: false } };`,
    );
    const red = join(PEERS, 'node-red/node_modules/node-red/red.js');
    const program = launch('Node-RED', NODE, [red, '--userDir', folder, '--port', String(port)], { cwd: folder });
    return {
      url,
      accept: '/accept',
      answer: '/answer',
      pids: [program.pid],
      programs: [program],
      setUp: () => until('Node-RED', () => isOk(`${url}/finished`), { programs: [program] }),
      count: async () => (await json(`${url}/finished`)).count,
      recorded: null,
      finished: async () => new Map(await json(`${url}/ends`)),
      stop: () => program.stop(),
    };
  },
};

/** Two routes through the same three nodes: one answered at once, one after them. */
function flows() {
  const tab = { id: 'tab', type: 'tab', label: 'bench' };
  const node = (id, type, wires, more) => ({ id, type, z: 'tab', x: 0, y: 0, name: id, wires, ...more });
  const set = (to, tot, value) => ({ rules: [{ t: 'set', p: to, pt: 'msg', to: value, tot }] });
  const route = (name, before, after) => [
    node(`${name}-in`, 'http in', [[...before, `${name}-first`]], { url: `/${name}`, method: 'post', upload: false }),
    node(`${name}-first`, 'change', [[`${name}-check`]], set('amount', 'msg', 'payload.amount')),
    node(`${name}-check`, 'switch', [[`${name}-big`], [`${name}-small`]], {
      property: 'amount',
      propertyType: 'msg',
      rules: [{ t: 'gt', v: '100', vt: 'num' }, { t: 'else' }],
      checkall: 'false',
      outputs: 2,
    }),
    node(`${name}-big`, 'change', [['end', ...after]], set('size', 'str', 'big')),
    node(`${name}-small`, 'change', [['end', ...after]], set('size', 'str', 'small')),
  ];
  const report = (name, value) => [
    node(`${name}-in`, 'http in', [[name]], { url: `/${name}`, method: 'get', upload: false }),
    node(name, 'function', [['reply']], { ...code, func: `msg.payload = ${value}; return msg;` }),
  ];
  const code = { outputs: 1, timeout: 0, noerr: 0, initialize: '', finalize: '', libs: [] };
  return [
    tab,
    ...route('accept', ['accepted'], []),
    node('accepted', 'function', [['reply']], { ...code, func: `return {...msg, payload: {}, statusCode: 202};` }),
    ...route('answer', [], ['answered']),
    node('answered', 'function', [['reply']], { ...code, func: `msg.payload = {size: msg.size}; return msg;` }),
    node('reply', 'http response', [], {}),
    node('end', 'function', [[]], {
      ...code,
      func: `const ends = flow.get('ends') ?? []; ends.push([msg.payload.n, Date.now()]);
        if (ends.length > 4000) ends.splice(0, 1000);
        flow.set('ends', ends); flow.set('count', (flow.get('count') ?? 0) + 1);`,
    }),
    ...report('finished', `{count: flow.get('count') ?? 0}`),
    ...report('ends', `flow.get('ends') ?? []`),
  ];
}
