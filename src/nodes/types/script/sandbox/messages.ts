/** What a sandbox process and the server say to each other. Values travel as JSON text: nothing else crosses. */
export interface SandboxJob {
  /** The body of an async function of `input`, `args` and `env`. */
  readonly code: string;
  /** How errors name the script. */
  readonly fileName: string;
  readonly input: string;
  readonly args: string;
  readonly env: string;
  readonly timeoutMs: number;
  readonly maxMemoryMb: number;
  /** Of the result, and of all lines written together. */
  readonly maxOutputBytes: number;
}

export type OutputStream = 'stdout' | 'stderr';

export type SandboxResult =
  | { readonly ok: true; readonly result: string }
  | { readonly ok: false; readonly code: string; readonly message: string; readonly line: number | null };

export type SandboxMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'line'; readonly stream: OutputStream; readonly text: string }
  | { readonly kind: 'end'; readonly result: SandboxResult };
