import { spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterFile } from './cleanup.js';
import { eventually } from './eventually.js';
import { findBinary, freePort } from './services.js';
import { connect } from 'node:net';

export interface TestDovecot {
  readonly port: number;
  /** Puts mails into a folder of the mailbox, as an MTA would. */
  deliver(user: string, mails: readonly (string | Buffer)[], folder?: string): Promise<void>;
  create(user: string, folder: string): Promise<void>;
  /** Many at once into INBOX, straight into the maildir. */
  pour(user: string, mails: readonly string[]): Promise<void>;
  /** What the mailbox holds: flags by subject. */
  flags(user: string, folder?: string): Promise<Map<string, string>>;
  /** Gives the folder another UIDVALIDITY, and its mails other UIDs. */
  renumber(user: string, folder?: string): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
}

const PASSWORD = 'letmein';

/**
 * A private Dovecot with a folder, a port and users of its own: any name, one password. It runs as the user of the tests,
 * without chroot and without TLS.
 * @param introspection where Dovecot asks about OAuth2 tokens (RFC 7662); null: there is only the password.
 */
export async function startDovecot(introspection: string | null = null): Promise<TestDovecot> {
  const home = mkdtempSync('/tmp/mr-imap-');
  const port = await freePort();
  const config = join(home, 'dovecot.conf');
  const isRoot = process.getuid?.() === 0;
  const owner = isRoot ? { uid: 65_534, gid: 65_534, name: 'nobody', group: 'nogroup' } : self();
  mkdirSync(join(home, 'mail'));
  chmodSync(home, 0o755);
  chownSync(join(home, 'mail'), owner.uid, owner.gid);
  if (introspection !== null) {
    const lines = [
      'introspection_mode = post',
      `introspection_url = ${introspection}`,
      'username_attribute = username',
    ];
    writeFileSync(
      join(home, 'oauth2.conf'),
      `${[...lines, 'active_attribute = active', 'active_value = true'].join('\n')}\n`,
    );
  }
  writeFileSync(config, configOf(home, port, owner) + (introspection === null ? '' : oauth2Of(home)));
  afterFile(() => rmSync(home, { recursive: true, force: true }));
  const doveadm = (args: string[], input?: string | Buffer) => run('doveadm', ['-c', config, ...args], input);
  let running: { stop(): Promise<void> } | null = null;
  const start = async (): Promise<void> => {
    running = await serve(config, port);
  };
  const stop = async (): Promise<void> => {
    await running?.stop();
    running = null;
  };
  await start();
  afterFile(stop);
  return {
    port,
    start,
    stop,
    deliver: async (user, mails, folder = 'INBOX') => {
      for (const mail of mails) await doveadm(['save', '-u', user, '-m', folder], mail);
    },
    create: async (user, folder) => {
      await doveadm(['mailbox', 'create', '-u', user, folder]);
    },
    pour: async (user, mails) => {
      // Makes the maildir.
      await doveadm(['mailbox', 'status', '-u', user, 'messages', 'INBOX']);
      const folder = join(home, 'mail', user, 'new');
      for (const [index, mail] of mails.entries()) {
        const path = join(home, 'mail', user, 'tmp', `${index}`);
        writeFileSync(path, mail);
        chownSync(path, owner.uid, owner.gid);
        renameSync(path, join(folder, `${Date.now()}.M${index}P${process.pid}.test`));
      }
    },
    flags: async (user, folder = 'INBOX') => {
      const text = await doveadm(['-f', 'tab', 'fetch', '-u', user, 'hdr.subject flags', 'mailbox', folder]);
      const lines = text
        .split('\n')
        .slice(1)
        .filter((line) => line !== '');
      return new Map(lines.map((line) => line.split('\t') as [string, string]));
    },
    renumber: async (user, folder = 'INBOX') => {
      await doveadm(['mailbox', 'create', '-u', user, 'Aside']);
      await doveadm(['move', '-u', user, 'Aside', 'mailbox', folder, 'all']);
      await doveadm([
        'mailbox',
        'update',
        '-u',
        user,
        '--uid-validity',
        String(Math.floor(Date.now() / 1000) + 1_000),
        folder,
      ]);
      await doveadm(['move', '-u', user, folder, 'mailbox', 'Aside', 'all']);
      await doveadm(['mailbox', 'delete', '-u', user, 'Aside']);
    },
  };
}

export const MAIL_PASSWORD = PASSWORD;

interface Owner {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
  readonly group: string;
}

function self(): Owner {
  const { uid, gid, username } = userInfo();
  return { uid, gid, name: username, group: String(gid) };
}

function configOf(home: string, port: number, { uid, gid, name, group }: Owner): string {
  return `
base_dir = ${home}/run
state_dir = ${home}/run
log_path = ${home}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:${home}/mail/%u
mail_uid = ${uid}
mail_gid = ${gid}
first_valid_uid = 1
first_valid_gid = 0
default_internal_user = ${name}
default_login_user = ${name}
default_internal_group = ${group}
mail_max_userip_connections = 100
passdb {
  driver = static
  args = password=${PASSWORD}
}
userdb {
  driver = static
  args = uid=${uid} gid=${gid} home=${home}/mail/%u
}
service imap-login {
  chroot =
  process_min_avail = 0
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = 0
  }
}
service anvil {
  chroot =
}
service stats {
  chroot =
  unix_listener stats-writer {
    mode = 0666
  }
}
service auth {
  unix_listener auth-userdb {
    mode = 0666
  }
}
namespace inbox {
  inbox = yes
}
`;
}

function oauth2Of(home: string): string {
  return `
auth_mechanisms = plain login xoauth2
passdb {
  driver = oauth2
  mechanisms = xoauth2
  args = ${home}/oauth2.conf
}
`;
}

async function serve(config: string, port: number): Promise<{ stop(): Promise<void> }> {
  const child = spawn(findBinary('dovecot') ?? 'dovecot', ['-F', '-c', config], { stdio: 'ignore' });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await eventually(() => reachable(port));
  return {
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

function reachable(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}

function run(binary: string, args: string[], input?: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(findBinary(binary) ?? binary, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`${binary} ${args.join(' ')}: ${errors}`)),
    );
    child.stdin.end(input ?? '');
  });
}
