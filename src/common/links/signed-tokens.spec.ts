import { describe, expect, it } from 'vitest';
import { AppConfig } from '../config/app-config.js';
import { callbackTarget, callbackToken } from './callback-token.js';
import { approvalId } from './approval-id.js';
import { idBytes, idOf, SignedTokens } from './signed-tokens.js';

const made = (secretKey: string): SignedTokens =>
  new SignedTokens(Object.assign(new AppConfig(), { secretKey, publicUrl: 'https://m.example.com' }));
const tokens = made('a secret key that is long enough to be one');
const ID = '0193b3a0-0000-7000-8000-0000ffffffff';

describe('a signed token', () => {
  it.each([1, 2, 3, 51])('of %i bytes gives them back, and nothing when any character is another', (length) => {
    const content = Buffer.alloc(length, 7);
    const token = tokens.sign('test', content);
    expect(tokens.open('test', token)).toEqual(content);
    for (let index = 0; index < token.length; index += 1)
      for (const other of ['A', 'B', '_']) {
        const altered = token.slice(0, index) + other + token.slice(index + 1);
        if (altered !== token) expect(tokens.open('test', altered)).toBeNull();
      }
    expect([`${token}A`, token.slice(1), '', 'x'.repeat(500)].map((text) => tokens.open('test', text))).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });

  it('holds for one purpose and one key', () => {
    const token = tokens.sign('test', Buffer.from('x'));
    expect(tokens.open('other', token)).toBeNull();
    expect(made('another secret key that is long enough too').open('test', token)).toBeNull();
  });

  it('of a callback names its step execution and attempt', () => {
    const target = { executionId: ID, stepExecutionId: ID.replace('0193', '0194'), attempt: 3 };
    const { token, url } = callbackToken(tokens, target);
    expect(url).toBe(`https://m.example.com/api/v1/public/callbacks/${token}`);
    expect(callbackTarget(tokens, token)).toEqual(target);
    expect(idOf(idBytes(ID))).toBe(ID);
  });
});

it('the id of an approval follows from its step execution and attempt', () => {
  expect(approvalId('0193b3a0-0000-7000-8000-0000000000ff', 1)).toBe('0193b3a0-0000-7000-8000-000000000100');
  expect(approvalId(ID, 2)).toBe('0193b3a0-0000-7000-8000-000000000001');
});
