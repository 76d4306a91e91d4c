import { Tabs } from '@mantine/core';
import type { ReactNode } from 'react';
import { useT } from '../../i18n/i18n';
import { Page } from '../../ui/page';
import { useFilters } from '../../ui/use-filters';
import { Connections } from './connections';
import { SecretList } from './secret-list';

export function Component(): ReactNode {
  const t = useT();
  const [{ tab = 'secrets' }, setFilters] = useFilters(['tab']);
  return (
    <Page title={t('Secrets and connections')}>
      <Tabs value={tab} onChange={(value) => setFilters({ tab: value })} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="secrets">{t('Secrets')}</Tabs.Tab>
          <Tabs.Tab value="connections">{t('Connections')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="secrets">
          <SecretList />
        </Tabs.Panel>
        <Tabs.Panel value="connections">
          <Connections />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
