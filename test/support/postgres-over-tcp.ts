import { connect, createServer, type Socket } from 'node:net';
import { afterFile } from './cleanup.js';

/**
 * The same database, reached over TCP: the PostgreSQL of the tests listens on a socket file only.
 * @param dropped how many connections are closed at once before the first is let through.
 */
export async function postgresOverTcp(socketUrl: string, dropped = 0): Promise<string> {
  const url = new URL(socketUrl);
  const path = `${url.searchParams.get('host') ?? ''}/.s.PGSQL.${url.port || '5432'}`;
  const open = new Set<Socket>();
  let left = dropped;
  const server = createServer((socket) => {
    if (left-- > 0) return void socket.destroy();
    const inner = connect(path);
    for (const end of [socket, inner]) {
      open.add(end);
      end.on('error', () => undefined).once('close', () => open.delete(end));
    }
    socket.pipe(inner).pipe(socket);
    socket.once('close', () => inner.destroy());
    inner.once('close', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  afterFile(async () => {
    for (const socket of open) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as { port: number }).port);
  url.search = '';
  return url.href;
}
