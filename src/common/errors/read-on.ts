import type { FastifyReply, FastifyRequest } from 'fastify';

/** Of a body that nobody wants: what is read and thrown away, at most. */
const MOST_BYTES = 256 * 1024 * 1024;
const LONGEST_MS = 30_000;

/**
 * For an answer that comes before the whole body has. Closing the connection then would reset it under a client that still
 * writes, and the client would never read the answer (RFC 9112, section 9.6): so what else comes is read, within limits.
 */
export function readOn({ raw }: Pick<FastifyRequest, 'raw'>, reply: Pick<FastifyReply, 'header'>): void {
  if (raw.complete) return;
  // Fastify would close it.
  reply.header('connection', 'keep-alive');
  let left = MOST_BYTES;
  const giveUp = (): void => void raw.destroy();
  const timer = setTimeout(giveUp, LONGEST_MS).unref();
  raw.once('close', () => clearTimeout(timer));
  raw.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) giveUp();
  });
}
