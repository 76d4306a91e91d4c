import type { Fault } from './fault.js';
import { DATABASE_FAULTS } from './faults/database.js';
import { KILLS } from './faults/kills.js';
import { PROCESS_FAULTS } from './faults/processes.js';
import { QUEUE_FAULTS } from './faults/queue.js';

/** THE LIST. */
export const FAULTS: readonly Fault[] = [...KILLS, ...PROCESS_FAULTS, ...DATABASE_FAULTS, ...QUEUE_FAULTS];

/** Names that stand for several. */
export const GROUPS: Readonly<Record<string, readonly Fault[]>> = { kills: KILLS };
