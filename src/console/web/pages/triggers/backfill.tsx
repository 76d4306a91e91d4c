import { Button, List, NumberInput, Stack, Text, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { api, ask, type Schemas } from '../../api/client';
import { useI18n } from '../../i18n/i18n';
import { Dialog } from '../../ui/dialog';
import { exactTime, useZone } from '../../ui/time';
import { useAction } from '../../ui/use-action';
import { instantAt } from '../../ui/zone-time';

const MOST_ACTIVE = 10;
const SHOWN = 20;

/** Fires a past range: first what it would fire, then, on a second press, really. */
export function Backfill({ triggerId: id }: { triggerId: string }): ReactNode {
  const { t, language } = useI18n();
  const zone = useZone();
  const [isOpen, setOpen] = useState(false);
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const [most, setMost] = useState(MOST_ACTIVE);
  const [preview, setPreview] = useState<Schemas['BackfillDto'] | null>(null);
  const close = (): void => {
    setOpen(false);
    setPreview(null);
  };
  const run = useAction({
    run: (isDry: boolean) => {
      const body = { from: instantAt(from, zone), to: instantAt(to, zone), dry_run: isDry, max_active: most };
      return ask(api.POST('/api/v1/triggers/{id}/backfill', { params: { path: { id } }, body }));
    },
    changes: ['triggers', 'executions'],
    then: (answer, isDry) => {
      if (isDry) setPreview(answer);
      else close();
    },
  });
  return (
    <>
      <Button size="xs" variant="default" onClick={() => setOpen(true)}>
        {t('Backfill')}
      </Button>
      <Dialog isOpen={isOpen} onClose={close} title={t('Backfill')}>
        <Stack>
          <Text size="sm" c="dimmed">
            {t('Fires the instants of a past range. An instant that fired already does not fire again.')}{' '}
            {t('Times are those of {zone}.', { zone })}
          </Text>
          <TextInput
            label={t('From')}
            type="datetime-local"
            value={from}
            onChange={(event) => {
              setFrom(event.currentTarget.value);
              setPreview(null);
            }}
          />
          <TextInput
            label={t('To')}
            type="datetime-local"
            value={to}
            onChange={(event) => {
              setTo(event.currentTarget.value);
              setPreview(null);
            }}
          />
          <NumberInput
            label={t('At once, at most')}
            min={1}
            max={100}
            value={most}
            onChange={(value) => setMost(Number(value))}
          />
          {preview === null ? (
            <Button disabled={from === '' || to === ''} loading={run.isPending} onClick={() => run.mutate(true)}>
              {t('Show what would fire')}
            </Button>
          ) : (
            <>
              <Text fw={600}>{t('{n} instants', { n: preview.count })}</Text>
              <List size="sm">
                {preview.items.slice(0, SHOWN).map(({ at }) => (
                  <List.Item key={at}>{exactTime(at, language, zone)}</List.Item>
                ))}
              </List>
              <Button disabled={preview.count === 0} loading={run.isPending} onClick={() => run.mutate(false)}>
                {t('Fire {n} instants', { n: preview.count })}
              </Button>
            </>
          )}
        </Stack>
      </Dialog>
    </>
  );
}
