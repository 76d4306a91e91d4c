import { Tabs } from '@mantine/core';
import type { ReactNode } from 'react';
import { useT } from '../../i18n/i18n';
import { Page } from '../../ui/page';
import { useFilters } from '../../ui/use-filters';
import { AuditLog } from './audit-log';
import { Keys } from './keys';

export function Component(): ReactNode {
  const t = useT();
  const [{ tab = 'keys' }, setFilters] = useFilters(['tab']);
  return (
    <Page title={t('Keys and audit log')}>
      <Tabs value={tab} onChange={(value) => setFilters({ tab: value })} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="keys">{t('API keys')}</Tabs.Tab>
          <Tabs.Tab value="audit">{t('Audit log')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="keys">
          <Keys />
        </Tabs.Panel>
        <Tabs.Panel value="audit">
          <AuditLog />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
