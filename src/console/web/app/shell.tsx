import { AppShell, Burger, Button, Group, NavLink, ScrollArea, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { type ReactNode, useEffect, useState } from 'react';
import { Link, NavLink as RouterNavLink, Outlet, useLocation } from 'react-router';
import { useT } from '../i18n/i18n';
import { Logo } from './logo';
import { Palette } from './palette';
import { PLACES } from './places';
import { PreferencesMenu } from './preferences-menu';
import { useSession } from './session';
import { Shortcuts, useShortcuts } from './shortcuts';

export function Shell(): ReactNode {
  const t = useT();
  const { may } = useSession();
  const { pathname } = useLocation();
  const [isOpen, nav] = useDisclosure();
  const [search, setSearch] = useState(false);
  const [help, setHelp] = useState(false);
  useShortcuts({ onSearch: () => setSearch(true), onHelp: () => setHelp(true) });
  useEffect(() => nav.close(), [pathname, nav.close]);
  return (
    <AppShell
      header={{ height: 52 }}
      navbar={{ width: 220, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
      padding="md"
    >
      <a className="skip-link" href="#content">
        {t('Skip to the content')}
      </a>
      <AppShell.Header px="md">
        <Group h="100%" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={isOpen}
              onClick={nav.toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={t('Navigation')}
              aria-expanded={isOpen}
            />
            <Link to="/" className="plain" aria-label="Millrace">
              <Group gap="xs" wrap="nowrap">
                <Logo />
                <Text fw={700} visibleFrom="xs">
                  Millrace
                </Text>
              </Group>
            </Link>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <Button variant="default" size="xs" onClick={() => setSearch(true)}>
              {t('Search')}
              <kbd className="key wide-only">Ctrl K</kbd>
            </Button>
            <PreferencesMenu onHelp={() => setHelp(true)} />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label={t('Navigation')}>
        <AppShell.Section grow component={ScrollArea}>
          {PLACES.filter(({ role }) => may(role)).map(({ to, title }) => (
            <NavLink
              key={to}
              component={RouterNavLink}
              to={to}
              end={to === '/'}
              label={t(title)}
              active={to === '/' ? pathname === '/' : pathname.startsWith(to)}
              variant="light"
              className="nav-link"
            />
          ))}
        </AppShell.Section>
        <AppShell.Section>
          {may('admin') && (
            <NavLink
              component="a"
              href="/queues"
              label={t('Queues')}
              description={t('Asks for a password: your API key')}
            />
          )}
          <NavLink component="a" href="/docs" label={t('API documentation')} />
        </AppShell.Section>
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        <Outlet />
      </AppShell.Main>
      <Palette isOpen={search} onClose={() => setSearch(false)} />
      <Shortcuts isOpen={help} onClose={() => setHelp(false)} />
    </AppShell>
  );
}
