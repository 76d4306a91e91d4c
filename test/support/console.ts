import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { beforeAll } from 'vitest';
import type { Api } from './api.js';
import { openTab, startBrowser, type Tab } from './browser.js';
import { clientOf } from './deployments.js';
import { startServer, type TestServer } from './server.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';

/** Milliseconds for a walk through many pages. */
export const LONG_MS = 480_000;

export interface Console {
  readonly server: TestServer;
  readonly api: Api;
  readonly browser: Browser;
  readonly database: TestDatabase;
  /** The address of a page. */
  readonly at: (path: string) => string;
  /** A tab that is signed in and shows the page. */
  readonly open: (path: string, options?: BrowserContextOptions & { key?: string }) => Promise<Tab>;
}

/** A built server and a browser, started before the tests of the block in which this is called. */
export function useConsole(): Console {
  let parts: { server: TestServer; browser: Browser; database: TestDatabase };
  beforeAll(async () => {
    const database = await createTestDatabase();
    const server = await startServer({ databaseUrl: database.url, env: { RATE_LIMIT_API: 'off' } });
    parts = { database, server, browser: await startBrowser() };
  }, 120_000);
  return {
    get server() {
      return parts.server;
    },
    get api() {
      return clientOf(parts.server);
    },
    get browser() {
      return parts.browser;
    },
    get database() {
      return parts.database;
    },
    at: (path) => `${parts.server.url}/console${path}`,
    open: async (path, { key = parts.server.apiKey, ...options } = {}) => {
      const tab = await openTab(parts.browser, options);
      await tab.page.goto(`${parts.server.url}/console${path}`);
      await signIn(tab.page, key);
      return tab;
    },
  };
}

export async function signIn(page: Page, key: string): Promise<void> {
  await page.locator('input[type=password]').fill(key);
  await page.keyboard.press('Enter');
  await page.getByRole('navigation').first().waitFor();
}

/** The page as somebody sees it who waits until all of it is there. */
export async function settled(page: Page): Promise<void> {
  await page.locator('h1').first().waitFor();
  await page.locator('.mantine-Skeleton-root').first().waitFor({ state: 'detached' });
}

/** A step in the graph. */
export function node(page: Page, name: string): Locator {
  return page.locator('.react-flow__node', { has: page.locator('.node-name', { hasText: exactly(name) }) });
}

export function stepIn(page: Page, id: string, status: string): Locator {
  return page.locator(`.react-flow__node[data-id="${id}"] .node[data-status=${status}]`);
}

function exactly(text: string): RegExp {
  return new RegExp(`^${text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}$`);
}

/** Answers the question of a dialog, typing what it asks for. */
export async function confirm(page: Page, button: string, typed?: string): Promise<void> {
  const dialog = page.getByRole('dialog');
  if (typed !== undefined) await dialog.getByLabel(/to go on/).fill(typed);
  await dialog.getByRole('button', { name: button, exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
}

/** Chooses from the menu behind `⋯`. */
export async function more(page: Page, item: string): Promise<void> {
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: item, exact: true }).click();
}
