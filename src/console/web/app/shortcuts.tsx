import { Table } from '@mantine/core';
import { type ReactNode, useEffect, useRef } from 'react';
import { useNavigate } from 'react-router';
import { useT } from '../i18n/i18n';
import { Dialog } from '../ui/dialog';
import { PLACES } from './places';
import { useSession } from './session';

/** Milliseconds in which the second key of `g o` counts. */
const CHORD_MS = 1200;

interface Actions {
  readonly onSearch: () => void;
  readonly onHelp: () => void;
}

export function useShortcuts({ onSearch, onHelp }: Actions): void {
  const navigate = useNavigate();
  const { may } = useSession();
  const chord = useRef(0);
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        onSearch();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const place = PLACES.find(({ key, role }) => key === event.key && may(role));
      if (Date.now() - chord.current < CHORD_MS && place !== undefined) void navigate(place.to);
      chord.current = event.key === 'g' ? Date.now() : 0;
      if (event.key === '?') onHelp();
      if (event.key === '/') {
        event.preventDefault();
        onSearch();
      }
      if (event.key === 'c' && may('editor')) void navigate('/workflows/new');
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  });
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName);
}

export function Shortcuts({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }): ReactNode {
  const t = useT();
  const { may } = useSession();
  const rows: [string[], string][] = [
    [['Ctrl K', '/'], t('Search')],
    ...PLACES.filter(({ role }) => may(role)).map(({ key, title }): [string[], string] => [[`g ${key}`], t(title)]),
    [['c'], t('New workflow')],
    [['Ctrl S'], t('Save (in the editor)')],
    [['Ctrl Space'], t('Suggestions (in the editor)')],
    [['Ctrl Z', 'Ctrl Y'], t('Undo, redo (in the editor)')],
    [['?'], t('This list')],
  ];
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={t('Keyboard shortcuts')}>
      <Table>
        <Table.Tbody>
          {rows.map(([keys, text]) => (
            <Table.Tr key={text}>
              <Table.Td>
                {keys.map((key) => (
                  <span key={key}>
                    <kbd className="key">{key}</kbd>{' '}
                  </span>
                ))}
              </Table.Td>
              <Table.Td>{text}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Dialog>
  );
}
