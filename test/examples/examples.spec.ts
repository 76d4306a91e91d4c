import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { EXPECTATIONS } from './expectations.js';
import { EXAMPLES, World } from './world.js';

const FILES = readdirSync(EXAMPLES).filter((file) => file.endsWith('.yaml'));

let world: World;
beforeAll(async () => {
  world = await World.start();
});

describe('the examples', () => {
  it('are all expected to do something, and nothing is expected of a file that is not there', () => {
    expect(Object.keys(EXPECTATIONS).sort()).toEqual([...FILES].sort());
  });

  it.each(FILES)('%s begins with what it does and how to run it', (file) => {
    const head = readFileSync(join(EXAMPLES, file), 'utf8').split('\nversion:')[0] ?? '';
    expect(head).toMatch(/^# \w+/);
    expect(head).toContain('# Run it:');
    expect(head.split('\n').every((line) => line.startsWith('#'))).toBe(true);
  });

  it.each(FILES)('%s is deployed, fires and does what it says', async (file) => {
    await EXPECTATIONS[file]?.(world);
  });
});
