import type { Client } from '@modelcontextprotocol/sdk/client/index.js';

/** What a tool gave: its parts, the text of them together, and its value where the tool has an output schema. */
export interface ToolResult {
  readonly content: readonly unknown[];
  readonly text: string;
  readonly structured_content: unknown;
  readonly is_error: boolean;
}

/** The key goes along for servers that can deduplicate; the protocol has no field of its own for it. */
export const KEY_META = 'millrace/idempotency-key';

export async function callTool(
  client: Client,
  call: {
    readonly tool: string;
    readonly arguments: Readonly<Record<string, unknown>>;
    readonly idempotencyKey: string;
  },
  signal: AbortSignal,
): Promise<ToolResult> {
  const params = { name: call.tool, arguments: call.arguments, _meta: { [KEY_META]: call.idempotencyKey } };
  // The step's own timeout holds.
  const result = await client.callTool(params, undefined, { signal, timeout: 2 ** 31 - 1 });
  const content = (result.content ?? []) as readonly Part[];
  const text = content.flatMap(textOf).join('\n');
  return { content, text, structured_content: result.structuredContent ?? null, is_error: result.isError === true };
}

interface Part {
  readonly type?: string;
  readonly text?: string;
  readonly uri?: string;
  readonly resource?: { readonly text?: string };
}

/** Of a text, of a resource that is one, of a link to one; nothing of pictures and sounds. */
function textOf({ type, text, uri, resource }: Part): string[] {
  const found = type === 'resource' ? resource?.text : type === 'resource_link' ? uri : text;
  return found === undefined ? [] : [found];
}

/** A list that the server gives page by page. */
export async function allPages<T>(
  page: (cursor: string | undefined) => Promise<{ items: readonly T[]; next: string | undefined }>,
): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < 100; pages++) {
    const { items, next } = await page(cursor);
    all.push(...items);
    if (next === undefined) break;
    cursor = next;
  }
  return all;
}
