import { Button, Group, Stack, Table } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useT } from '../i18n/i18n';
import { useConfirm } from './confirm';
import { Dialog } from './dialog';
import { Listed } from './listed';
import { useAction } from './use-action';

interface Removal<T> {
  readonly label: string;
  readonly title: (item: T) => string;
  readonly text: string;
  readonly done: string;
  readonly run: (item: T) => Promise<unknown>;
}

interface Props<T> {
  /** First part of the key of `list`. */
  readonly name: string;
  readonly list: UseQueryResult<readonly T[]>;
  readonly empty: { readonly title: string; readonly text: ReactNode };
  readonly keyOf: (item: T) => string;
  readonly labelOf: (item: T) => string;
  readonly columns: readonly (readonly [heading: string, cell: (item: T) => ReactNode])[];
  readonly add: string;
  /** The form for a new one (null), or for one that is there; `edit` is the button that opens it then. */
  readonly form: (item: T | null, close: () => void) => ReactNode;
  readonly edit?: string;
  readonly removal: Removal<T>;
  /** Further buttons. */
  readonly actions?: (item: T) => ReactNode;
}

/** Things with a name that an administrator keeps: made and changed by a form, removed by typing the name. */
export function ResourceList<T>(props: Props<T>): ReactNode {
  const { name, list, empty, keyOf, labelOf, columns, add, form, edit, removal, actions } = props;
  const t = useT();
  const { ask: confirm, dialog } = useConfirm();
  /** null: a new one; undefined: the form is closed. */
  const [edited, setEdited] = useState<T | null | undefined>();
  const close = (): void => setEdited(undefined);
  const remove = useAction({ run: removal.run, changes: [name], done: removal.done });
  const askToRemove = (item: T): void =>
    confirm({
      title: removal.title(item),
      text: removal.text,
      button: removal.label,
      typed: labelOf(item),
      run: () => remove.mutate(item),
    });
  return (
    <Stack>
      {dialog}
      <Group>
        <Button size="xs" onClick={() => setEdited(null)}>
          {add}
        </Button>
      </Group>
      <Listed list={list} empty={empty}>
        {(items) => (
          <Table.ScrollContainer minWidth={120 * (columns.length + 1)} className="card">
            <Table>
              <Table.Thead>
                <Table.Tr>
                  {columns.map(([heading]) => (
                    <Table.Th key={heading}>{heading}</Table.Th>
                  ))}
                  <Table.Th aria-label={t('Actions')} />
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {items.map((item) => (
                  <Table.Tr key={keyOf(item)}>
                    {columns.map(([heading, cell]) => (
                      <Table.Td key={heading}>{cell(item)}</Table.Td>
                    ))}
                    <Table.Td>
                      <Group gap="xs" justify="flex-end" wrap="nowrap">
                        {actions?.(item)}
                        {edit !== undefined && (
                          <Button size="compact-sm" variant="default" onClick={() => setEdited(item)}>
                            {edit}
                          </Button>
                        )}
                        <Button size="compact-sm" variant="default" onClick={() => askToRemove(item)}>
                          {removal.label}
                        </Button>
                      </Group>
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
      </Listed>
      <Dialog
        title={edited === null || edited === undefined ? add : labelOf(edited)}
        isOpen={edited !== undefined}
        onClose={close}
        size="lg"
      >
        {edited !== undefined && form(edited, close)}
      </Dialog>
    </Stack>
  );
}
