import { Tabs } from '@mantine/core';
import type { ReactNode } from 'react';
import { useT } from '../i18n/i18n';
import type { Text } from '../i18n/zh';
import { useFilters } from './use-filters';

interface Tab {
  readonly title: Text;
  readonly content: () => ReactNode;
}

/** Parts of a page, one at a time; which one is in the address. The first is there without being named. */
export function TabPanels({ tabs }: { tabs: Readonly<Record<string, Tab>> }): ReactNode {
  const t = useT();
  const [{ tab }, setFilters] = useFilters(['tab']);
  const names = Object.keys(tabs);
  const shown = tab !== undefined && Object.hasOwn(tabs, tab) ? tab : (names[0] ?? '');
  return (
    <Tabs value={shown} onChange={(value) => setFilters({ tab: value })} keepMounted={false}>
      <Tabs.List mb="md">
        {Object.entries(tabs).map(([name, { title }]) => (
          <Tabs.Tab key={name} value={name}>
            {t(title)}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {Object.entries(tabs).map(([name, { content }]) => (
        <Tabs.Panel key={name} value={name}>
          {name === shown && content()}
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}
