import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, isOk, json, until } from '../lib/http.mjs';
import { NODE, PEERS } from '../lib/paths.mjs';
import { installPeer, versionOf } from '../lib/peer-install.mjs';
import { launch } from '../lib/processes.mjs';

const SERVER = '@restatedev/restate-server';
const PLATFORM = `${SERVER}-${process.platform}-${process.arch}`;
const PACKAGES = { dependencies: { [SERVER]: '1.7.12', '@restatedev/restate-sdk': '1.17.2' } };
const SUCCEEDED = `status = 'completed' AND completion_result = 'success'`;

/** Its server and, as its documentation has it, the service in a process of its own. It brings its own store. */
export const restate = {
  key: 'restate',
  title: 'Restate',
  needsRedis: false,
  async install() {
    const folder = await installPeer('restate', PACKAGES);
    copyFileSync(join(import.meta.dirname, 'apps/restate.mjs'), join(folder, 'app.mjs'));
    return { version: versionOf(folder, SERVER) };
  },
  /** Its store remembers where the service was: a second start needs the ports of the first. */
  async prepare(context) {
    context.ports = [await freePort(), await freePort(), await freePort(), await freePort()];
  },
  async start({ folder, ports: [ingress, admin, node, service] }) {
    const packages = join(PEERS, 'restate');
    const app = launch('Restate service', NODE, [join(packages, 'app.mjs'), JSON.stringify({ port: service })], {
      cwd: packages,
      env: { RESTATE_LOGGING: 'ERROR', NODE_ENV: 'production' },
    });
    const binary = join(packages, 'node_modules', PLATFORM, 'bin/restate-server');
    const server = launch('Restate', binary, ['--base-dir', join(folder, 'data'), '--no-logo'], {
      cwd: folder,
      env: {
        RESTATE_LISTEN_MODE: 'tcp',
        RESTATE_BIND_IP: '127.0.0.1',
        RESTATE_BIND_PORT: String(node),
        RESTATE_INGRESS__BIND_PORT: String(ingress),
        RESTATE_ADMIN__BIND_PORT: String(admin),
        RESTATE_NODE_NAME: 'bench',
        RESTATE_LOG_FILTER: 'error',
        DO_NOT_TRACK: '1',
      },
    });
    const programs = [server, app];
    const adminUrl = `http://127.0.0.1:${admin}`;
    const rows = async (sql) =>
      (
        await json(`${adminUrl}/query`, {
          method: 'POST',
          headers: { accept: 'application/json' },
          body: { query: sql },
        })
      ).rows;
    return {
      url: `http://127.0.0.1:${ingress}`,
      accept: '/bench/run/send',
      answer: '/bench/run',
      pids: [server.pid, app.pid],
      programs,
      async setUp() {
        await until('Restate', () => isOk(`${adminUrl}/health`), { programs });
        const uri = `http://127.0.0.1:${service}`;
        await until('Restate service', () => json(`${adminUrl}/deployments`, { method: 'POST', body: { uri } }), {
          programs,
        });
      },
      count: async () => (await rows(`SELECT count(*) AS count FROM sys_invocation WHERE ${SUCCEEDED}`))[0].count,
      // Its journal holds the steps; each completed invocation of this handler went through its three.
      recorded: null,
      async finished(items) {
        const numbers = new Map(items.map((item) => [item.id, item.n]));
        const found = await rows(`SELECT id, completed_at FROM sys_invocation WHERE ${SUCCEEDED}`);
        return new Map(
          found
            .filter((row) => numbers.has(row.id))
            .map((row) => [numbers.get(row.id), Date.parse(zoned(row.completed_at))]),
        );
      },
      async stop() {
        await Promise.all(programs.map((program) => program.stop()));
      },
    };
  },
};

/** Times come in UTC, in some versions without a zone. */
function zoned(time) {
  return /Z|[+-]\d\d:\d\d$/.test(time) ? time : `${time}Z`;
}
