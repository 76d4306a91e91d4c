import type { ReactNode } from 'react';
import { useT } from '../../i18n/i18n';
import { Page } from '../../ui/page';
import { TabPanels } from '../../ui/tab-panels';
import { AuditLog } from './audit-log';
import { Keys } from './keys';

const TABS = {
  keys: { title: 'API keys', content: () => <Keys /> },
  audit: { title: 'Audit log', content: () => <AuditLog /> },
} as const;

export function Component(): ReactNode {
  const t = useT();
  return (
    <Page title={t('Keys and audit log')}>
      <TabPanels tabs={TABS} />
    </Page>
  );
}
