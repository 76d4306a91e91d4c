import { Foundation0000000000001 } from './0001-foundation.js';
import { Control0000000000002 } from './0002-control.js';

/** THE LIST: every migration, oldest first. A migration that has landed is never edited. */
export const MIGRATIONS = [Foundation0000000000001, Control0000000000002];
