import type { DefinitionCode } from '../definition.codes.js';

/** Bytes of a definition's text. */
export const LARGEST_TEXT = 1024 * 1024;
/** Words and signs of a YAML text: what reading it costs goes by these, up to 30 µs each. */
export const MOST_YAML_TOKENS = 200_000;
export const MOST_STEPS = 1000;
/** Scopes inside scopes. */
export const DEEPEST_NESTING = 10;
/** Faults in one answer; a text with more is broken in one place, most often. */
export const MOST_FAULTS = 200;
/** Values inside values, in a config for example. */
export const DEEPEST = 100;

/** Where the front ends report what is wrong with the text itself. */
export type FaultSink = (code: DefinitionCode, offset: number, message: string, path?: string, hint?: string) => void;
