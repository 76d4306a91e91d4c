import { expect, it, vi } from 'vitest';
import type { AppConfig } from '../../../common/config/app-config.js';
import type { Connections } from '../../../common/connections/connections.js';
import type { OutgoingSockets } from '../../../common/http/outgoing-sockets.js';
import type { TriggerHost } from '../../trigger.contract.js';
import { EmailConfig } from './email.dto.js';
import { EmailTrigger } from './email.trigger.js';
import type { ArmedEmail } from './mailbox.settings.js';

const settings = {
  imap: { server: 'mail.example.com', port: 993, user: 'ann', password: 'x' },
  roles: ['scheduler'],
  emailCheckIntervalMs: 60_000,
  retentionMs: 60_000,
  fileMaxBytes: 1,
  executionFilesMaxBytes: 1,
} as unknown as AppConfig;
const armed = (id: string): ArmedEmail => ({ id, config: new EmailConfig() }) as unknown as ArmedEmail;

it('a mailbox whose reader has died is read by a new one, for all of its triggers', async () => {
  const { promise: untilEnd, resolve: end } = Promise.withResolvers<undefined>();
  const lease = vi.fn<() => Promise<undefined>>(() => {
    throw new Error('something that nobody thought of');
  });
  const host = {
    lease,
    states: () =>
      Promise.resolve(
        new Map([
          ['a', {}],
          ['b', {}],
        ]),
      ),
  } as unknown as TriggerHost;
  const type = new EmailTrigger(host, settings, {} as Connections, {} as OutgoingSockets);
  const [a, b] = [armed('a'), armed('b')];
  await type.attach(a);
  await vi.waitFor(() => expect(type.down(a)).toBe('something that nobody thought of'));
  lease.mockImplementation(() => untilEnd);
  await type.attach(b);
  expect([type.down(a), type.down(b)]).toEqual([null, null]);
  expect(lease).toHaveBeenCalledTimes(2);
  end(undefined);
  await type.beforeApplicationShutdown();
});
