import { createServer } from 'node:http';
import { expect, it } from 'vitest';
import { activeResources, refuseLeaks } from './leaks.js';

it('a test file that leaves a server behind fails, and one that closes it passes', async () => {
  const before = activeResources();
  const server = createServer().listen(0);
  await expect(refuseLeaks(before, 50)).rejects.toThrow('TCPServerWrap +1');
  server.close();
  await refuseLeaks(before);
});

it('a test file that leaves a timer running fails', async () => {
  const before = activeResources();
  const timer = setInterval(() => undefined, 1000);
  await expect(refuseLeaks(before, 50)).rejects.toThrow(/a timer made at .*leaks.spec/);
  clearInterval(timer);
  await refuseLeaks(before);
});
