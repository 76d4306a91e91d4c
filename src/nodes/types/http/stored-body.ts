import type { ResponseHead } from '../../../common/http/outgoing-http.js';
import type { FileEntry, NodeContext } from '../../node.contract.js';
import { isExpected } from './expected-status.js';
import type { HttpConfig } from './http.config.js';
import { nameOf } from './response-body.js';

/** Keeps the body of an expected answer as a file of the execution, while it arrives. */
export class StoredBody {
  /** null until the body has come. */
  file: FileEntry | null = null;

  constructor(private readonly ctx: NodeContext<HttpConfig>) {}

  take(head: ResponseHead): ((body: AsyncIterable<Uint8Array>) => Promise<void>) | null {
    const { config, files, signal } = this.ctx;
    if (!isExpected(head.status, config.expect_status)) return null;
    const type = head.headers.get('content-type') ?? undefined;
    return async (body) => {
      this.file = await files.write(nameOf(head), body, { type, ifTaken: 'rename', signal });
    };
  }
}
