import type { GitHubAnswer, GitHubRequest } from '../../../common/github/github.contract.js';
import { GitHubError } from '../../../common/github/github.errors.js';
import { NodeError } from '../../nodes.errors.js';
import type { GitHubConfig } from './github.config.js';

type Send = (request: Pick<GitHubRequest, 'method' | 'path' | 'query' | 'body'>) => Promise<GitHubAnswer>;
type Fields = Record<string, unknown>;

/** What each operation asks of GitHub, and what it gives. `base` is `/repos/<owner>/<name>`. */
export const CALLS: Readonly<
  Record<GitHubConfig['operation'], (config: GitHubConfig, base: string, send: Send) => Promise<object>>
> = {
  issue: async ({ number, title, body, labels, assignees, state }, base, send) => {
    const fields = { title, body, labels, assignees, ...(state !== undefined && { state }) };
    const request =
      number === undefined
        ? { method: 'POST', path: `${base}/issues` }
        : { method: 'PATCH', path: `${base}/issues/${number}` };
    const issue = (await send({ ...request, body: fields })).body as Fields;
    return { number: issue['number'], state: issue['state'], url: issue['html_url'] };
  },
  comment: async ({ number, body }, base, send) => {
    const answer = await send({ method: 'POST', path: `${base}/issues/${number ?? 0}/comments`, body: { body } });
    const comment = answer.body as Fields;
    return { id: comment['id'], url: comment['html_url'] };
  },
  label: changeLabels,
  dispatch: async ({ workflow, event_type, inputs, ref }, base, send) => {
    if (event_type !== undefined) {
      await send({ method: 'POST', path: `${base}/dispatches`, body: { event_type, client_payload: inputs ?? {} } });
    } else {
      const path = `${base}/actions/workflows/${segment(workflow ?? '')}/dispatches`;
      await send({ method: 'POST', path, body: { ref, inputs: inputs ?? {} } });
    }
    return { dispatched: true };
  },
  status: async ({ sha = '', state, context, description, target_url }, base, send) => {
    const fields = { state, context, description, target_url };
    const status = (await send({ method: 'POST', path: `${base}/statuses/${sha}`, body: fields })).body as Fields;
    return { id: status['id'], state: status['state'], url: status['url'] };
  },
  file: async (config, base, send) => {
    const path = `${base}/contents/${filePath(config.path ?? '')}`;
    return config.content === undefined ? readFile(path, config, send) : writeFile(path, config, send);
  },
};

async function changeLabels(
  { number = 0, labels = [], remove_labels = [] }: GitHubConfig,
  base: string,
  send: Send,
): Promise<object> {
  const path = `${base}/issues/${number}/labels`;
  for (const label of remove_labels) await removeLabel(`${path}/${segment(label)}`, send);
  const request = labels.length > 0 ? { method: 'POST', path, body: { labels } } : { path };
  const all = (await send(request)).body as { name: string }[];
  return { labels: all.map(({ name }) => name) };
}

/** One that is not there needs no removal. */
async function removeLabel(path: string, send: Send): Promise<void> {
  try {
    await send({ method: 'DELETE', path });
  } catch (error) {
    if (!(error instanceof GitHubError && error.answered === 404)) throw error;
  }
}

async function readFile(path: string, { ref }: GitHubConfig, send: Send): Promise<object> {
  const { body } = await send({ path, ...(ref !== undefined && { query: { ref } }) });
  if (Array.isArray(body)) {
    const entries = body as Fields[];
    return { entries: entries.map(({ name, path: at, type, size, sha }) => ({ name, path: at, type, size, sha })) };
  }
  const { sha, size, encoding, content } = body as { sha: string; size: number; encoding: string; content: string };
  if (encoding !== 'base64') throw new NodeError('file_too_large', 'GitHub gives files of up to 1 MiB only');
  const bytes = Buffer.from(content, 'base64');
  const text = bytes.toString();
  const isText = Buffer.from(text).equals(bytes);
  return { content: isText ? text : bytes.toString('base64'), encoding: isText ? 'utf8' : 'base64', sha, size };
}

/** A file that is there is replaced; one that holds the same already is left alone, so a repetition changes nothing. */
async function writeFile(path: string, config: GitHubConfig, send: Send): Promise<object> {
  const { content = '', message, ref } = config;
  const before = await fileBefore(path, config, send);
  if (before?.content === content) return { sha: before.sha, commit: null, changed: false };
  const fields = {
    message: message ?? `Write ${config.path ?? ''}`,
    content: Buffer.from(content).toString('base64'),
    ...(ref !== undefined && { branch: ref }),
    ...(before !== null && { sha: before.sha }),
  };
  const answer = (await send({ method: 'PUT', path, body: fields })).body as { content: Fields; commit: Fields };
  return { sha: answer.content['sha'], commit: answer.commit['sha'], changed: true };
}

async function fileBefore(
  path: string,
  config: GitHubConfig,
  send: Send,
): Promise<{ sha: string; content: string } | null> {
  try {
    return (await readFile(path, config, send)) as { sha: string; content: string };
  } catch (error) {
    if (error instanceof GitHubError && error.answered === 404) return null;
    throw error;
  }
}

function filePath(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '')
    .map(segment)
    .join('/');
}

/** One part of a path: dots would lead elsewhere in the API. */
function segment(text: string): string {
  if (text === '.' || text === '..' || text === '') throw new NodeError('config_invalid', `"${text}" is no name`);
  return encodeURIComponent(text);
}
