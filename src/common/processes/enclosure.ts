import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A view of the machine for one process, made with user namespaces (user_namespaces(7)) where the server may not choose
 * users: it sees what is installed and its working folder, and no process but its own. The environment and the files of
 * the server are out of its reach, and when its first process ends the kernel ends all others.
 */
export interface Enclosed {
  /** The working folder, which stays what and where it is. Nothing else that can be written to is left afterwards. */
  readonly folder: string;
  readonly program: readonly string[];
  /** A program that may lie outside of the system's folders. */
  readonly interpreter: string;
  /** Folders that shall be empty, should they lie inside the system's. */
  readonly hidden: readonly string[];
}

/** Sets the environment, and goes. */
const ENVIRONMENT_FILE = 'env.sh';
const PATH = '/usr/sbin:/usr/bin:/sbin:/bin';
const SETTLE_MS = 10_000;

/**
 * Runs as root of a user namespace whose only user is the server's. Builds another root folder over `/tmp`, which every
 * system has, moves into it, and gives its rights away by a namespace inside the namespace, the last that there can be.
 * The shell stays as the namespace's init: it collects what others have left behind.
 */
const SETUP = `
set -e
node=$1 hidden=$2 work=$3
shift 3
environment=$(cat ${ENVIRONMENT_FILE})
rm ${ENVIRONMENT_FILE}
new=/tmp
mount -n -t tmpfs -o mode=755,size=16m none $new
for at in /bin /sbin /lib /lib32 /lib64 /libx32 /usr /etc /opt /nix; do
  if [ -L $at ]; then ln -s "$(readlink $at)" $new$at
  elif [ -d $at ]; then
    mkdir $new$at
    mount -n --rbind $at $new$at
    mount -n -o remount,bind,ro,nosuid,nodev $new$at
  fi
done
IFS='
'
for at in $hidden; do
  if [ -d "$new$at" ]; then mount -n -t tmpfs -o mode=755,size=1m none "$new$at"; fi
done
mkdir $new/dev $new/proc $new/tmp $new/var $new/.old
for at in null zero full random urandom; do
  : > $new/dev/$at
  mount -n --bind /dev/$at $new/dev/$at
done
ln -s /proc/self/fd $new/dev/fd
ln -s /proc/self/fd/0 $new/dev/stdin
ln -s /proc/self/fd/1 $new/dev/stdout
ln -s /proc/self/fd/2 $new/dev/stderr
ln -s /tmp $new/dev/shm
ln -s /tmp $new/var/tmp
mount -n -t tmpfs -o mode=1777,size=64m none $new/tmp
mount -n -t proc none $new/proc 2>/dev/null || mount -n --rbind /proc $new/proc
{ echo 1 > $new/proc/sys/user/max_user_namespaces; } 2>/dev/null || :
put() {
  mkdir -p "$new\${1%/*}"
  : > "$new$1"
  mount -n --bind "$1" "$new$1"
  mount -n -o remount,bind,ro,nosuid,nodev "$new$1"
}
[ -e "$new$node" ] || put "$node"
dns=$(readlink -f /etc/resolv.conf || :)
case $dns in '' | /etc/*) ;; *) put "$dns" ;; esac
for at in $hidden; do
  if [ -d "$new$at" ]; then mount -n -o remount,bind,ro "$new$at"; fi
done
mkdir -p "$new$work"
mount -n -c --rbind . "$new$work"
pivot_root $new $new/.old
cd "$work"
umount -n -l /.old
rmdir /.old
mount -n -o remount,bind,ro,nosuid,nodev /
unset IFS OLDPWD
eval "$environment"
/usr/bin/unshare --user --map-user=65534 --map-group=65534 -- "$@"
exit $?
`;

/**
 * The command line that runs a program enclosed, to be started in its folder with an environment of nothing but `PATH`.
 * It exits as the program does; a signal that ended the program is 128 and its number.
 */
export function enclosedCommand({ folder, program, interpreter, hidden }: Enclosed): [string, ...string[]] {
  const own = ['--user', '--map-root-user', '--mount', '--pid', '--ipc', '--fork', '--kill-child'];
  const given = [interpreter, hidden.join('\n'), folder, ...program];
  return ['/usr/bin/unshare', ...own, '--', '/bin/sh', '-c', SETUP, 'sh', ...given];
}

/** The environment of what stands before the program: nothing that a workflow could have named. */
export const ENCLOSING_ENVIRONMENT = { PATH } as const;

/** Puts the program's environment where it is read: on a command line others would see it. */
export async function writeEnvironment(folder: string, values: Readonly<Record<string, string>>): Promise<void> {
  const lines = Object.entries(values)
    // The shell counts by it, and takes nothing else.
    .filter(([name]) => name !== 'OPTIND')
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`);
  await writeFile(join(folder, ENVIRONMENT_FILE), lines.join(''), { mode: 0o600 });
}

let tried: Promise<boolean> | undefined;

/** Whether this system lets the server's user enclose a process: containers often do not. Tried once, for real. */
export function canEnclose(): Promise<boolean> {
  return (tried ??= tryOut());
}

/** From this kernel on, what other processes of the user run does not count towards the limit on tasks. */
export function countsTasksByNamespace(kernel = release()): boolean {
  const [major = 0, minor = 0] = kernel.split('.').map(Number);
  return major > 5 || (major === 5 && minor >= 14);
}

async function tryOut(): Promise<boolean> {
  if (process.platform !== 'linux' || !existsSync('/usr/bin/unshare')) return false;
  const folder = await mkdtemp(join(tmpdir(), 'millrace-try-'));
  try {
    await chmod(folder, 0o700);
    await writeEnvironment(folder, {});
    const program = ['/usr/bin/test', '!', '-e', '/.old'];
    const [command, ...args] = enclosedCommand({ folder, program, interpreter: process.execPath, hidden: [] });
    const options = { cwd: folder, env: ENCLOSING_ENVIRONMENT, timeout: SETTLE_MS, killSignal: 'SIGKILL' } as const;
    return await new Promise((resolve) => execFile(command, args, options, (error) => resolve(error === null)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
