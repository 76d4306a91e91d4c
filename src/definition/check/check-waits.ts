import { parseDuration } from '../../common/duration.js';
import type { Faults } from '../faults.js';
import type { ReadDefinition } from '../read/read-definition.js';
import type { ReadScope, ReadStep } from '../read/read-step.js';

/** Warns of waits that the end of the execution's own time would cut off: waiting counts (definition.md, `timeout`). */
export function checkWaits(
  { definition, main }: ReadDefinition,
  defaultTimeoutMs: number | null,
  faults: Faults,
): void {
  const own = parseDuration(definition.timeout);
  const limitMs = own ?? defaultTimeoutMs;
  if (limitMs === null) return;
  const limit =
    own === null ? `the server's EXECUTION_TIMEOUT (${limitMs / 1000} s)` : `its timeout (${limitMs / 1000} s)`;
  for (const step of stepsIn(main)) {
    const wait = longestWait(step);
    if (wait === null || wait.ms < limitMs || (wait.ms === Infinity && own !== null)) continue;
    const { id } = step.definition;
    const long = wait.ms === Infinity ? 'until it is answered' : `${wait.ms / 1000} s`;
    const message = `"${id}" may wait ${long}; the execution ends before that, after ${limit}.`;
    faults.warn(
      'wait_outlasts_timeout',
      [...(wait.field === null ? step.path : [...step.configPath, wait.field])],
      message,
      {
        hint: 'Waiting counts: give the definition a longer "timeout".',
      },
    );
  }
}

function longestWait({
  definition: { config = {}, timeout },
  type,
}: ReadStep): { ms: number; field: string | null } | null {
  const field = type?.kind === 'HUMAN_LOOP' ? 'timeout' : type?.type === 'wait' ? 'duration' : null;
  if (field === null) return null;
  const bound = parseDuration(timeout) ?? Infinity;
  const written = config[field];
  if (written === undefined) return field === 'timeout' ? { ms: bound, field: null } : null;
  const ms = parseDuration(written);
  return ms === null ? null : { ms: Math.min(ms, bound), field };
}

/** All steps of a scope, those inside of them too. */
export function* stepsIn(scope: ReadScope): Iterable<ReadStep> {
  for (const step of scope.steps) {
    yield step;
    for (const inner of step.scopes) yield* stepsIn(inner);
  }
}
