import { idBounds, idTime } from '../../common/ids.js';
import type { ExecutionFilter } from './execution-filter.js';

const DAY_MS = 86_400_000;
/** How far back the first windows reach, in days; the last reaches to the beginning. */
const REACH_DAYS = [1, 7];
/** What the clocks of replicas may differ by: ids carry the time of the one that made them. */
const MOST_SKEW_MS = DAY_MS;

/** Ids from `from` on, below `below`; undefined: no bound. */
export interface IdWindow {
  readonly from?: string;
  readonly below?: string;
}

/**
 * A list is looked for in the last day, then further back, newest first, until a page is full. In one statement over all days
 * PostgreSQL has to guess how many days a page needs, and reads all of them for what is frequent in each.
 */
export function windowsOf(filter: ExecutionFilter, now: number): readonly IdWindow[] {
  if (!isSifted(filter)) return [{}];
  const newest = Math.min(now, filter.to?.getTime() ?? now, filter.before === undefined ? now : idTime(filter.before));
  const bounds = REACH_DAYS.map((days) => idBounds(Math.max(0, newest - days * DAY_MS)).lowest);
  return [...bounds, undefined].map((from, index) => {
    const below = bounds[index - 1];
    return { ...(from !== undefined && { from }), ...(below !== undefined && { below }) };
  });
}

/** Nothing is older than the trigger that started it, whose own id tells when it was made. undefined: that is not known. */
export function oldestOf(triggerId: string): string | undefined {
  const isTimed = triggerId[14] === '7';
  return isTimed ? idBounds(Math.max(0, idTime(triggerId) - MOST_SKEW_MS)).lowest : undefined;
}

/** Whether many executions may have to be passed over for one that is meant, and no index leads to just these. */
function isSifted({
  ids,
  parentId,
  workflowId,
  workflowIds,
  triggerId,
  triggerType,
  status,
  q,
}: ExecutionFilter): boolean {
  if (ids !== undefined || parentId !== undefined) return false;
  return [workflowId, workflowIds, triggerId, triggerType, status, q].some((condition) => condition !== undefined);
}
