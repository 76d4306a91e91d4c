import { generateKeyPairSync, createHmac } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { jwtVerify } from 'jose';
import { startRecordingServer, type RecordingServer } from './recording-server.js';
import { sendJson } from './send-json.js';

/** Speaks GitHub's REST API as far as an App needs it, and checks who asks. */
export interface FakeGitHub extends RecordingServer {
  readonly appId: string;
  readonly privateKey: string;
  /** Changed files of a comparison, `base...head`. */
  readonly files: Map<string, string[]>;
  readonly contents: Map<string, string>;
  /** Changed files as the pull request itself lists them. */
  ofPull: string[];
  /** All that a comparison names, on its first page; null: page after page. */
  comparesAtMost: number | null;
  deliveries: { id: number; guid: string; status_code: number; delivered_at: string; redelivery: boolean }[];
  readonly redelivered: number[];
  /** Answers everything with this status; null: as it should. */
  broken: number | null;
  tokensMade: number;
}

const PER_PAGE = 100;
const TOKEN = 'ghs_installation';

export async function startFakeGitHub(): Promise<FakeGitHub> {
  const appId = '4711';
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const state = {
    files: new Map<string, string[]>(),
    contents: new Map<string, string>(),
    ofPull: [] as string[],
    comparesAtMost: null as number | null,
    deliveries: [] as FakeGitHub['deliveries'],
    redelivered: [] as number[],
    broken: null as number | null,
    tokensMade: 0,
  };
  const isApp = async (authorization = ''): Promise<boolean> => {
    try {
      const { payload } = await jwtVerify(authorization.replace('Bearer ', ''), publicKey, {
        issuer: appId,
        algorithms: ['RS256'],
        maxTokenAge: '10m',
      });
      return (payload.exp ?? 0) - (payload.iat ?? 0) <= 600;
    } catch {
      return false;
    }
  };
  const server = await startRecordingServer(async (call, response) => {
    const { pathname: path, searchParams: query } = new URL(call.url, 'http://github');
    const { authorization } = call.headers;
    const reply = (body: unknown, status = 200): ServerResponse => {
      sendJson(response, body, status);
      return response;
    };
    if (state.broken !== null) return reply({ message: 'broken' }, state.broken);
    if (path.startsWith('/app/')) {
      if (!(await isApp(authorization))) return reply({ message: 'A JSON web token is needed' }, 401);
      if (/^\/app\/installations\/\d+\/access_tokens$/.test(path)) {
        state.tokensMade += 1;
        const expires_at = new Date(Date.now() + 3_600_000).toISOString();
        return reply({ token: TOKEN, expires_at }, 201);
      }
      if (path === '/app/hook/deliveries') return reply(state.deliveries);
      const [, id] = /^\/app\/hook\/deliveries\/(\d+)\/attempts$/.exec(path) ?? [];
      state.redelivered.push(Number(id));
      return reply({}, 202);
    }
    if (authorization !== `Bearer ${TOKEN}`) return reply({ message: 'Not Found' }, 404);
    const [, range = ''] = /\/compare\/(.+)$/.exec(path) ?? [];
    if (range !== '' && call.headers.accept?.includes('diff') === true) return response.end(`diff --git of ${range}`);
    const pageOf = (all: readonly string[]): { filename: string }[] => {
      const page = Number(query.get('page') ?? 1);
      const last = Math.max(1, Math.ceil(all.length / PER_PAGE));
      if (page < last) response.setHeader('link', `<${server.url}${path}?per_page=100&page=${page + 1}>; rel="next"`);
      return all.slice((page - 1) * PER_PAGE, page * PER_PAGE).map((filename) => ({ filename }));
    };
    if (range !== '') {
      const all = state.files.get(range) ?? [];
      if (state.comparesAtMost === null) return reply({ files: pageOf(all) });
      return reply({ files: all.slice(0, state.comparesAtMost).map((filename) => ({ filename })) });
    }
    if (/\/pulls\/\d+\/files$/.test(path)) return reply(pageOf(state.ofPull));
    const [, name = ''] = /\/contents\/(.+)$/.exec(path) ?? [];
    const text = state.contents.get(`${name}@${query.get('ref') ?? ''}`);
    if (text === undefined) return reply({ message: 'Not Found' }, 404);
    return reply({ encoding: 'base64', content: Buffer.from(text).toString('base64'), size: text.length });
  });
  const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  return Object.assign(state, server, { appId, privateKey: pem });
}

export function signed(body: string, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}
