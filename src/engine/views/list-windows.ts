import { DAY_MS } from '../../common/database/partitions.js';
import { idBounds, idTime } from '../../common/ids.js';
import type { ExecutionFilter } from './execution-filter.js';

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
  const oldest = oldestOf(filter);
  const bounds = REACH_DAYS.map((days) => idBounds(Math.max(0, newest - days * DAY_MS)).lowest);
  const further = bounds.filter((bound) => oldest === undefined || bound > oldest);
  return [...further, oldest].map((from, index) => {
    const below = further[index - 1];
    return { ...(from !== undefined && { from }), ...(below !== undefined && { below }) };
  });
}

/** Nothing that is meant is older. undefined: that is not known. */
function oldestOf({ from, triggerId }: ExecutionFilter): string | undefined {
  const bounds = [
    from === undefined ? undefined : idBounds(from.getTime()).lowest,
    triggerId === undefined ? undefined : oldestByTrigger(triggerId),
  ];
  return bounds
    .filter((bound) => bound !== undefined)
    .toSorted()
    .at(-1);
}

/** Nothing is older than the trigger that started it, whose own id, if it is of version 7, tells when it was made. */
function oldestByTrigger(triggerId: string): string | undefined {
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
