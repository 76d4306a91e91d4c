import { type ApiClient } from './client/api-client.js';
import type { Style } from './output/style.js';
import { printable } from './output/printable.js';
import type { Terminal } from './terminal.js';

/** What a command works with. */
export class Context {
  constructor(
    readonly api: ApiClient,
    readonly terminal: Terminal,
    readonly style: Style,
    /** The result as JSON, for programs. */
    readonly isJson: boolean,
  ) {}

  /** The result: as JSON, or as `text` for people. */
  show(value: unknown, text: () => string): void {
    this.terminal.out(this.isJson ? JSON.stringify(value, null, 2) : text());
  }

  /** What is not part of the result; programs do not see it. */
  note(text: string): void {
    if (!this.isJson) this.terminal.err(this.style.dim(printable(text)));
  }
}
