import { useEffect, useReducer, useState } from 'react';
import type { Schemas } from '../../api/client';
import { follow, type LiveEvent } from '../../api/live';

export type Step = Schemas['StepExecutionDto'] & { omitted?: readonly string[] };
export type LogLine = Schemas['LogLineDto'];
type Execution = Schemas['ExecutionDto'];

export interface LiveState {
  /** What has changed since the page was loaded. */
  readonly execution: Partial<Execution>;
  readonly steps: ReadonlyMap<string, Step>;
  readonly logs: readonly LogLine[];
}

const NOTHING: LiveState = { execution: {}, steps: new Map(), logs: [] };
/** Lines kept in the page; the API has all. */
const MOST_LINES = 5000;

export function reduce(state: LiveState, events: readonly LiveEvent[] | 'again'): LiveState {
  if (events === 'again') return NOTHING;
  const steps = new Map(state.steps);
  const logs = [...state.logs];
  let execution = state.execution;
  for (const { event, data } of events) {
    if (event === 'execution') execution = { ...execution, ...(data as Partial<Execution>) };
    if (event === 'step') steps.set((data as Step).id, data as Step);
    if (event === 'log') logs.push(data as LogLine);
  }
  return { execution, steps, logs: logs.slice(-MOST_LINES) };
}

/** An execution as it changes. `run`: raised when an ended one begins again. */
export function useLive(id: string, run: number): { state: LiveState; fault: unknown; isLive: boolean } {
  const [state, dispatch] = useReducer(reduce, NOTHING);
  const [fault, setFault] = useState<unknown>(null);
  const [isLive, setLive] = useState(true);
  useEffect(() => {
    const abort = new AbortController();
    // Many events may come in one frame; the page shows them together.
    let gathered: LiveEvent[] = [];
    let frame = 0;
    const flush = (): void => {
      frame = 0;
      dispatch(gathered);
      gathered = [];
    };
    dispatch('again');
    setLive(true);
    setFault(null);
    const take = (event: LiveEvent): void => {
      gathered.push(event);
      if (frame === 0) frame = requestAnimationFrame(flush);
    };
    follow(`/api/v1/executions/${id}/events`, abort.signal, take)
      .catch(setFault)
      .finally(() => {
        if (!abort.signal.aborted) setLive(false);
      });
    return () => {
      abort.abort();
      cancelAnimationFrame(frame);
    };
  }, [id, run]);
  return { state, fault, isLive };
}
