import { Group, Select, Switch } from '@mantine/core';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useT } from '../../i18n/i18n';
import { Empty } from '../../ui/page';
import { useZone } from '../../ui/time';
import type { LogLine } from './live-state';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** The lines as they come; follows the last one until somebody scrolls up. */
export function Logs({ lines }: { lines: readonly LogLine[] }): ReactNode {
  const t = useT();
  const zone = useZone();
  const place = useRef<HTMLDivElement>(null);
  const [level, setLevel] = useState<string>('debug');
  const [isFollowing, setFollowing] = useState(true);
  const least = LEVELS.indexOf(level as LogLine['level']);
  const shown = lines.filter((line) => LEVELS.indexOf(line.level) >= least);
  useEffect(() => {
    const element = place.current;
    if (isFollowing && element !== null) element.scrollTop = element.scrollHeight;
  }, [isFollowing, shown.length]);
  const time = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium', timeZone: zone });
  return (
    <>
      <Group mb="xs">
        <Select
          size="xs"
          aria-label={t('Level')}
          data={[...LEVELS]}
          value={level}
          allowDeselect={false}
          onChange={(value) => setLevel(value ?? 'debug')}
        />
        <Switch
          size="sm"
          label={t('Follow')}
          checked={isFollowing}
          onChange={(event) => setFollowing(event.currentTarget.checked)}
        />
      </Group>
      {shown.length === 0 ? (
        <Empty title={t('No lines')}>{t('Steps of the type log, and scripts, write here.')}</Empty>
      ) : (
        <div
          className="logs"
          ref={place}
          role="log"
          aria-label={t('Logs')}
          tabIndex={0}
          onWheel={(event) => {
            if (event.deltaY < 0) setFollowing(false);
          }}
        >
          {shown.map((line, n) => (
            <div className="log-line" data-level={line.level} key={`${line.timestamp}${n}`}>
              <span className="log-time" title={line.timestamp}>
                {time.format(new Date(line.timestamp))}
              </span>
              <span className="log-level">{line.level}</span>
              <span className="log-step">{line.step_path}</span>
              <span className="log-message">
                {line.message}
                {line.data !== null && line.data !== undefined && ` ${JSON.stringify(line.data)}`}
              </span>
            </div>
          ))}
        </div>
      )}
    </>
  );
}
