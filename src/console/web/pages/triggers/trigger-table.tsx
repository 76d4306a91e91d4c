import { Table, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { Schemas } from '../../api/client';
import { translateWord, useT } from '../../i18n/i18n';
import { WorkflowLink } from '../../ui/links';
import { Empty } from '../../ui/page';
import { Status } from '../../ui/status';
import { Time } from '../../ui/time';

type Item = Schemas['TriggerHealthItemDto'];

interface Props {
  readonly items: readonly (Item & Partial<Schemas['TriggerDto']>)[];
  readonly hasWorkflow?: boolean;
}

export function TriggerTable({ items, hasWorkflow = false }: Props): ReactNode {
  const t = useT();
  if (items.length === 0)
    return (
      <Empty title={t('There are no triggers')}>
        {t('Triggers stand in the definition, below `triggers:`. Deploying arms them.')}
      </Empty>
    );
  return (
    <Table.ScrollContainer minWidth={640} className="card">
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('Name')}</Table.Th>
            <Table.Th>{t('Type')}</Table.Th>
            {hasWorkflow && <Table.Th>{t('Workflow')}</Table.Th>}
            <Table.Th>{t('Health')}</Table.Th>
            <Table.Th>{t('Next due')}</Table.Th>
            <Table.Th>{t('Last fired')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items.map(({ id, name, type, workflow_id: workflow, health, is_armed: isArmed = true }) => (
            <Table.Tr key={id}>
              <Table.Td>
                <Link className="link" to={`/triggers/${id}`}>
                  {name}
                </Link>
              </Table.Td>
              <Table.Td>{translateWord(t, type)}</Table.Td>
              {hasWorkflow && (
                <Table.Td>
                  <WorkflowLink id={workflow} />
                </Table.Td>
              )}
              <Table.Td>
                {isArmed ? <Status value={health.status} /> : <Text size="sm">{t('not armed')}</Text>}
                <Text size="xs" c="dimmed" lineClamp={2}>
                  {health.last_error}
                </Text>
              </Table.Td>
              <Table.Td>
                <Time at={health.next_due} />
              </Table.Td>
              <Table.Td>
                <Time at={health.last_fired} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
