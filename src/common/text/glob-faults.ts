import type { Fault } from '../errors/app-error.js';
import { globPattern } from './glob.js';

/** What is wrong with a glob, which may begin with `!`. */
export function globFaults(path: string, glob: string): Fault[] {
  try {
    globPattern(glob.replace(/^!/, ''));
    return [];
  } catch (error) {
    return [{ path, code: 'pattern_invalid', message: error instanceof Error ? error.message : String(error) }];
  }
}
