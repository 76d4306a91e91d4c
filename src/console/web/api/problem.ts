import type { components } from './schema';

export type Fault = components['schemas']['FaultDto'];

/** What the API answered instead of what was asked for; `code` is stable. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly faults: readonly Fault[];

  constructor(status: number, code: string, message: string, faults: readonly Fault[] = []) {
    super(message);
    this.name = 'ApiProblem';
    this.status = status;
    this.code = code;
    this.faults = faults;
  }
}

/** Of an answer that is none of ours (a proxy's page, an empty body) too. */
export function problemFrom(status: number, body: unknown): ApiProblem {
  const { code, detail, title, errors } = (typeof body === 'object' && body !== null ? body : {}) as Partial<
    components['schemas']['ProblemDto']
  >;
  return new ApiProblem(status, code ?? `http_${status}`, detail ?? title ?? `The server answered ${status}.`, errors);
}

/** The server could not be reached at all. */
export function asProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  return new ApiProblem(0, 'unreachable', error instanceof Error ? error.message : String(error));
}
