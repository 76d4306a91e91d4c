import type { ReactNode } from 'react';
import type { Schemas } from '../../api/client';
import { useT } from '../../i18n/i18n';
import { Empty } from '../../ui/page';
import { toneOf } from '../../ui/status';
import { duration, useNow } from '../../ui/time';
import type { Step } from './live-state';

interface Props {
  readonly execution: Schemas['ExecutionDto'];
  readonly steps: readonly Step[];
  readonly selected: string | null;
  readonly onSelect: (path: string) => void;
}

/** More bars than this nobody reads. */
const MOST = 400;

/** When each step ran, against the whole. */
export function Timeline({ execution, steps, selected, onSelect }: Props): ReactNode {
  const t = useT();
  const now = useNow();
  const begun = steps.filter(({ started_at: at }) => at !== null).slice(0, MOST);
  if (begun.length === 0)
    return <Empty title={t('No step has begun yet')}>{t('It waits for its turn in the queue.')}</Empty>;
  const from = Math.min(ms(execution.start_time ?? execution.created_at), ...begun.map((step) => ms(step.started_at)));
  const ends = begun.map((step) => (step.finished_at === null ? now : ms(step.finished_at)));
  const to = Math.max(from + 1, ...ends);
  const share = (at: number): string => `${((100 * (at - from)) / (to - from)).toFixed(2)}%`;
  return (
    <div className="timeline card">
      {begun.map((step, n) => {
        const begin = ms(step.started_at);
        const took = step.duration_ms ?? Math.max(0, (ends[n] ?? begin) - begin);
        return (
          <div key={step.id} style={{ display: 'contents' }}>
            <button
              type="button"
              aria-pressed={step.step_path === selected}
              onClick={() => onSelect(step.step_path)}
              title={step.step_path}
            >
              {step.step_path}
            </button>
            <div className="timeline-track" aria-hidden="true">
              <div
                className="timeline-bar"
                data-tone={toneOf(step.status)}
                style={{ left: share(begin), width: share(from + Math.max(0, (ends[n] ?? begin) - begin)) }}
              />
            </div>
            <span className="timeline-took">{duration(took)}</span>
          </div>
        );
      })}
    </div>
  );
}

function ms(at: string | null): number {
  return at === null ? 0 : new Date(at).getTime();
}
