import { Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, type ReactNode, useState } from 'react';
import { useNavigate } from 'react-router';
import { api, ask } from '../api/client';
import { useT } from '../i18n/i18n';
import { Dialog } from '../ui/dialog';
import { PLACES } from './places';
import { useSession } from './session';

interface Hit {
  readonly to: string;
  readonly title: string;
  readonly kind: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Pages, workflows by name, executions by id: typed, chosen by arrow keys, opened by Enter. */
export function Palette({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }): ReactNode {
  const t = useT();
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const hits = useHits(text.trim(), isOpen);
  const chosen = Math.min(at, hits.length - 1);
  const close = (): void => {
    setText('');
    setAt(0);
    onClose();
  };
  const open = (hit: Hit | undefined): void => {
    if (hit === undefined) return;
    void navigate(hit.to);
    close();
  };
  const press = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') open(hits[chosen]);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined || hits.length === 0) return;
    event.preventDefault();
    setAt((chosen + step + hits.length) % hits.length);
  };
  return (
    <Dialog isOpen={isOpen} onClose={close} title={t('Search')} size="lg" isAtTop>
      <TextInput
        data-autofocus
        aria-label={t('Search')}
        placeholder={t('Pages, workflows, the id of an execution')}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={press}
        role="combobox"
        aria-expanded
        aria-controls="palette-hits"
        aria-activedescendant={hits.length > 0 ? `palette-${chosen}` : undefined}
        mb="xs"
      />
      <div role="listbox" id="palette-hits" aria-label={t('Search')}>
        {hits.map((hit, n) => (
          <div
            key={hit.to}
            id={`palette-${n}`}
            role="option"
            aria-selected={n === chosen}
            className="palette-item"
            onClick={() => open(hit)}
            onMouseMove={() => setAt(n)}
          >
            <span>{hit.title}</span>
            <Text span size="sm" c="dimmed">
              {hit.kind}
            </Text>
          </div>
        ))}
      </div>
      {hits.length === 0 && (
        <Text size="sm" c="dimmed">
          {t('Nothing has this name.')}
        </Text>
      )}
    </Dialog>
  );
}

function useHits(text: string, isOpen: boolean): Hit[] {
  const t = useT();
  const { may } = useSession();
  const [q] = useDebouncedValue(text, 150);
  const workflows = useQuery({
    queryKey: ['workflows', 'palette', q],
    queryFn: () => ask(api.GET('/api/v1/workflows', { params: { query: { limit: 8, ...(q !== '' && { q }) } } })),
    enabled: isOpen,
    placeholderData: (before) => before,
  });
  const pages = PLACES.filter(({ title, role }) => may(role) && t(title).toLowerCase().includes(text.toLowerCase()));
  return [
    ...(UUID.test(text)
      ? [
          { to: `/executions/${text}`, title: text, kind: t('Execution') },
          { to: `/triggers/${text}`, title: text, kind: t('Trigger') },
        ]
      : []),
    ...pages.map(({ to, title }) => ({ to, title: t(title), kind: t('Page') })),
    ...(workflows.data?.items ?? []).map(({ slug, name }) => ({
      to: `/workflows/${slug}`,
      title: name,
      kind: t('Workflow'),
    })),
  ];
}
