import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactForAudit } from './audit-redaction.js';

describe('what the audit log keeps of a value', () => {
  it('is what JSON would hold of it, but for secrets', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const kept = redactForAudit({ value }, 'workflows/x');
        // As text: JSON knows no -0.
        expect(JSON.stringify(kept)).toBe(JSON.stringify({ value }));
      }),
    );
    const at = new Date(0);
    const odd = {
      at,
      none: undefined,
      run: () => 1,
      list: [undefined],
      password: 'x',
      nested: { api_key: 'x', a: null },
    };
    expect(redactForAudit(odd, 'workflows/x')).toEqual({
      at: at.toISOString(),
      list: [null],
      password: '***',
      nested: { api_key: '***', a: null },
    });
    expect(redactForAudit({ value: 'v', name: 'n' }, 'secrets/n')).toEqual({ value: '***', name: 'n' });
  });

  it('is nothing of what is too large, which is not gone through to its end', () => {
    let reached = 0;
    const output = Array.from({ length: 100_000 }, () => ({
      toJSON: () => {
        reached += 1;
        return 'a line of an output';
      },
    }));
    expect(redactForAudit({ id: 1, output }, 'executions/x')).toEqual({ truncated: true });
    expect(reached).toBeLessThan(10_000);
  });
});
