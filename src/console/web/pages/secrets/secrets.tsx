import type { ReactNode } from 'react';
import { useT } from '../../i18n/i18n';
import { Page } from '../../ui/page';
import { TabPanels } from '../../ui/tab-panels';
import { Connections } from './connections';
import { SecretList } from './secret-list';

const TABS = {
  secrets: { title: 'Secrets', content: () => <SecretList /> },
  connections: { title: 'Connections', content: () => <Connections /> },
} as const;

export function Component(): ReactNode {
  const t = useT();
  return (
    <Page title={t('Secrets and connections')}>
      <TabPanels tabs={TABS} />
    </Page>
  );
}
