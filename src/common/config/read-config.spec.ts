import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { ConfigError } from './config.errors.js';
import { readConfig, type Environment } from './read-config.js';
import { configurationPage, envExample } from './reference.js';
import { ALL_SETTINGS } from './settings.js';

const SECRET_KEY = 'x'.repeat(32);

function faultsOf(environment: Environment): ConfigError['errors'] {
  try {
    readConfig(environment);
  } catch (error) {
    return (error as ConfigError).errors;
  }
  return [];
}

describe('the settings', () => {
  it('need nothing: every one has a default or may be absent', () => {
    const { config, warnings } = readConfig({});
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({
      port: 8003,
      host: '0.0.0.0',
      databaseUrl: null,
      roles: ['api', 'scheduler', 'worker'],
      executionTimeoutMs: 1_800_000,
      retentionMs: 30 * 86_400_000,
      shutdownGraceMs: 25_000,
      logLevel: 'info',
      rateLimitApi: { count: 600, perMs: 60_000 },
      rateLimitPublic: null,
      dataFolder: resolve('.millrace'),
    });
  });

  it('are refused all at once, each with what would be right', () => {
    const faults = faultsOf({
      PORT: '80a',
      RETENTION: 'a month',
      SCHEDULER_TIMEZONE: 'Mars/Olympus',
      HTTP_ALLOW_PRIVATE: '10.0.0.0/8,here',
      TRUSTED_PROXIES: 'true',
      ROLES: 'api,king',
      DATABASE_URL: 'mysql://localhost',
      SECRET_KEY: 'short',
      NOTIFY_EMAIL: 'ops',
      IMAP_SERVER: 'imap.example.com',
    });
    expect(Object.fromEntries(faults.map((fault) => [fault.path, fault.message]))).toEqual({
      PORT: 'must be a whole number from 0 to 65535, not "80a"',
      RETENTION: expect.stringContaining('must be a duration such as') as string,
      SCHEDULER_TIMEZONE: expect.stringContaining('IANA') as string,
      HTTP_ALLOW_PRIVATE: expect.stringContaining('"here" must be an address range') as string,
      TRUSTED_PROXIES: expect.stringContaining('"true" must be an address range') as string,
      ROLES: expect.stringContaining('"king" must be one of api, scheduler, worker') as string,
      DATABASE_URL: 'must be a URL that starts with postgresql:// or postgres://',
      SECRET_KEY: 'must have 32 characters or more, has 5',
      NOTIFY_EMAIL: expect.stringContaining('must be a mail address') as string,
      EMAIL_USER: 'is required with IMAP_SERVER',
      EMAIL_PASSWORD: 'is required with IMAP_SERVER',
    });
  });

  it('leave javascript to script steps whatever else SCRIPT_RUNTIMES lists', () => {
    expect(readConfig({}).config.scriptRuntimes).toEqual(['javascript']);
    expect(readConfig({ SCRIPT_RUNTIMES: 'python,bash' }).config.scriptRuntimes).toEqual([
      'javascript',
      'python',
      'bash',
    ]);
  });

  it('never show the value of a secret in a fault', () => {
    const faults = faultsOf({ SECRET_KEY: 'hunter2', REDIS_URL: 'http://user:hunter2@host' });
    expect(faults).toHaveLength(2);
    expect(JSON.stringify(faults)).not.toContain('hunter2');
  });

  it('ask for SECRET_KEY with DATABASE_URL, since a data folder of one replica cannot hold it for all', () => {
    const DATABASE_URL = 'postgresql://localhost/x';
    expect(faultsOf({ DATABASE_URL })).toMatchObject([{ path: 'SECRET_KEY', code: 'field_required' }]);
    expect(readConfig({ DATABASE_URL, SECRET_KEY }).config.databaseUrl).toBe(DATABASE_URL);
  });

  it('take an empty value for none', () => {
    expect(readConfig({ PORT: '', DATABASE_URL: ' ' }).config).toMatchObject({ port: 8003, databaseUrl: null });
  });

  it.each([
    ['500ms', 500],
    ['30', 30_000],
    ['PT1H30M', 5_400_000],
    ['2h', 7_200_000],
  ])('read the duration %s as %i ms', (SHUTDOWN_GRACE, expected) => {
    expect(readConfig({ SHUTDOWN_GRACE }).config.shutdownGraceMs).toBe(expected);
  });

  it('warn of names that look like settings and are none, and leave variables for workflows alone', () => {
    const { config, warnings } = readConfig({ MILLRACE_DATE: 'x', MILLRACE_VAR_REGION: 'eu' });
    expect(warnings).toEqual([expect.stringContaining('MILLRACE_DATE') as string]);
    expect(config.variables).toEqual({ MILLRACE_VAR_REGION: 'eu' });
  });

  it('DEBUG=true logs debug unless LOG_LEVEL says otherwise', () => {
    expect(readConfig({ DEBUG: 'true' }).config.logLevel).toBe('debug');
    expect(readConfig({ DEBUG: 'true', LOG_LEVEL: 'WARN' }).config.logLevel).toBe('warn');
  });

  it('EXECUTION_MODE=notify is accepted', () => {
    const notify = { EXECUTION_MODE: 'notify', NOTIFY_EMAIL: 'a@b.c, d@e.f', SMTP_URL: 'smtp://localhost' };
    expect(readConfig(notify).config).toMatchObject({ executionMode: 'notify', notifyEmail: ['a@b.c', 'd@e.f'] });
  });
});

describe('.env.example', () => {
  const text = readFileSync(resolve(import.meta.dirname, '../../../.env.example'), 'utf8');

  it('lists every setting, and nothing that is none', () => {
    const names = [...text.matchAll(/^#?([A-Z_]+)=/gm)].map((match) => match[1]);
    expect(names.filter((name) => name?.startsWith('MILLRACE_VAR_') === false).sort()).toEqual(
      Object.keys(ALL_SETTINGS).sort(),
    );
  });

  it('is what `npm run docs:config` writes', () => {
    expect(text).toBe(envExample());
  });

  it('is right as it stands when all of it is uncommented', () => {
    expect(() => readConfig(parseEnv(text.replace(/^#(?=[A-Z_]+=)/gm, '')))).not.toThrow();
  });
});

it('docs/reference/configuration.md is what `npm run docs:config` writes', () => {
  const page = readFileSync(resolve(import.meta.dirname, '../../../docs/reference/configuration.md'), 'utf8');
  expect(page).toBe(configurationPage());
});
