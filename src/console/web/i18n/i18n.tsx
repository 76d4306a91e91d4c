import { createContext, type ReactNode, useContext, useMemo } from 'react';
import { usePreference } from '../app/preferences';
import { zh, type Text } from './zh';

export const LANGUAGES = { en: 'English', zh: '中文' } as const;
export type Language = keyof typeof LANGUAGES;

type Values = Readonly<Record<string, string | number>>;
/** English is the key; `{name}` is filled in. */
export type Translate = (text: Text, values?: Values) => string;

interface I18n {
  readonly language: Language;
  readonly t: Translate;
}

const Context = createContext<I18n | null>(null);

export function I18nProvider({ children }: { children: ReactNode }): ReactNode {
  const [chosen] = usePreference('language');
  const language = chosen ?? preferred();
  const value = useMemo<I18n>(
    () => ({ language, t: (text, values) => fill(language === 'zh' ? zh[text] : text, values) }),
    [language],
  );
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  return <Context value={value}>{children}</Context>;
}

export function useI18n(): I18n {
  const value = useContext(Context);
  if (value === null) throw new Error('outside of I18nProvider');
  return value;
}

export function useT(): Translate {
  return useI18n().t;
}

/** For words that the API says (states, outcomes, types): translated where known, else as they are. */
export function translateWord(t: Translate, word: string): string {
  return Object.hasOwn(zh, word) ? t(word as Text) : word.replaceAll('_', ' ');
}

function preferred(): Language {
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

function fill(text: string, values: Values = {}): string {
  return text.replace(/\{(\w+)\}/g, (mark, name: string) => String(values[name] ?? mark));
}
