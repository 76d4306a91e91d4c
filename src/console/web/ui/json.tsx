import { CopyButton, Button, ScrollArea } from '@mantine/core';
import type { ReactNode } from 'react';
import { useT } from '../i18n/i18n';

/** A value as it is, to read and to copy. */
export function Json({ value, label, height = 320 }: { value: unknown; label: string; height?: number }): ReactNode {
  const t = useT();
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? null, null, 2);
  return (
    <div className="json">
      <ScrollArea.Autosize mah={height} viewportProps={{ tabIndex: 0, role: 'region', 'aria-label': label }}>
        <pre>{text}</pre>
      </ScrollArea.Autosize>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <Button className="json-copy" size="compact-xs" variant="default" onClick={copy}>
            {copied ? t('Copied') : t('Copy')}
          </Button>
        )}
      </CopyButton>
    </div>
  );
}
