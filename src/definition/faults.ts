import type { Fault } from '../common/errors/app-error.js';
import type { DefinitionCode } from './definition.codes.js';
import { MOST_FAULTS } from './parse/limits.js';
import { formatPath, parsePath, type Path, type Source } from './parse/source.js';

export interface FaultDetails {
  readonly hint?: string | undefined;
  /** Whether the fault lies in the value (default) or in its name. */
  readonly at?: 'key' | 'value';
}

/** Gathers all faults of a definition, each with its place in the text. */
export class Faults {
  readonly errors: Fault[] = [];
  readonly warnings: Fault[] = [];

  /** Where parts that were moved while reading stood in the text: formatted path to written path. */
  readonly origins = new Map<string, Path>();

  constructor(private readonly source: Pick<Source, 'locate'>) {}

  error(code: DefinitionCode, path: Path, message: string, details: FaultDetails = {}): void {
    add(this.errors, this.fault(code, path, message, details));
  }

  warn(code: DefinitionCode, path: Path, message: string, details: FaultDetails = {}): void {
    add(this.warnings, this.fault(code, path, message, details));
  }

  /** A fault that a type found in a config, with the type's own code. */
  configError(fault: Fault, config: Path): void {
    const path = [...config, ...parsePath(fault.path)];
    const at = fault.code.includes('unknown') ? 'key' : 'value';
    add(this.errors, this.fault(fault.code, path, fault.message, { hint: fault.hint, at }));
  }

  private fault(code: string, path: Path, message: string, { hint, at }: FaultDetails): Fault {
    const written = this.written(path);
    const position = this.source.locate(written, at ?? 'value');
    return { path: formatPath(written), ...position, code, message, ...(hint === undefined ? {} : { hint }) };
  }

  /** Where a part that was moved while reading stood in the text. */
  written(path: Path): Path {
    if (this.origins.size === 0) return path;
    for (let length = path.length; length > 0; length -= 1) {
      const origin = this.origins.get(formatPath(path.slice(0, length)));
      if (origin) return [...origin, ...path.slice(length)];
    }
    return path;
  }
}

function add(list: Fault[], fault: Fault): void {
  if (list.length < MOST_FAULTS) list.push(fault);
}

/** In the order of the text. */
export function inOrder(faults: readonly Fault[]): Fault[] {
  return faults.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}
