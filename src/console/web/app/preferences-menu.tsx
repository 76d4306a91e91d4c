import { Button, Menu, Select, Text, useMantineColorScheme } from '@mantine/core';
import type { ReactNode } from 'react';
import { LANGUAGES, type Language, translateWord, useI18n } from '../i18n/i18n';
import { usePreference } from './preferences';
import { useSession } from './session';

const BROWSER_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
const ZONES = [...new Set([BROWSER_ZONE, 'UTC', ...Intl.supportedValuesOf('timeZone')])];
const SCHEMES = { light: 'Light', dark: 'Dark', auto: 'Like the system' } as const;

/** Who is signed in, and how things are shown. */
export function PreferencesMenu({ onHelp }: { onHelp: () => void }): ReactNode {
  const { t, language } = useI18n();
  const { me, signOut } = useSession();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const [, setLanguage] = usePreference('language');
  const [zone, setZone] = usePreference('zone');
  return (
    <Menu position="bottom-end" width={250} closeOnItemClick={false}>
      <Menu.Target>
        <Button variant="default" size="xs" className="who">
          {me.name} · {translateWord(t, me.role)}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t('Appearance')}</Menu.Label>
        {Object.entries(SCHEMES).map(([scheme, label]) => (
          <Menu.Item
            key={scheme}
            onClick={() => setColorScheme(scheme as keyof typeof SCHEMES)}
            rightSection={colorScheme === scheme ? '✓' : null}
          >
            {t(label)}
          </Menu.Item>
        ))}
        <Menu.Label>{t('Language')}</Menu.Label>
        {Object.entries(LANGUAGES).map(([code, label]) => (
          <Menu.Item
            key={code}
            lang={code}
            onClick={() => setLanguage(code as Language)}
            rightSection={language === code ? '✓' : null}
          >
            {label}
          </Menu.Item>
        ))}
        <Menu.Label>{t('Time zone')}</Menu.Label>
        <Select
          aria-label={t('Time zone')}
          size="xs"
          m="xs"
          searchable
          limit={40}
          data={ZONES}
          value={zone ?? BROWSER_ZONE}
          onChange={(value) => setZone(value === BROWSER_ZONE ? null : value)}
          comboboxProps={{ withinPortal: false }}
        />
        <Menu.Divider />
        <Menu.Item onClick={onHelp} rightSection={<kbd className="key">?</kbd>} closeMenuOnClick>
          {t('Keyboard shortcuts')}
        </Menu.Item>
        <Menu.Item onClick={signOut}>
          <Text size="sm">{t('Sign out')}</Text>
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
