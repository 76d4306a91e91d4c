import { Foundation0000000000001 } from './0001-foundation.js';

/** THE LIST: every migration, oldest first. A migration that has landed is never edited. */
export const MIGRATIONS = [Foundation0000000000001];
