import { describe, expect, it } from 'vitest';
import { isConnectionLoss, sqlState } from './pg-errors.js';

const withCode = (code: string): Error => Object.assign(new Error(code), { code });

describe('a lost connection', () => {
  it.each(['EPIPE', 'ECONNRESET', 'ECONNREFUSED', 'ENOENT', '57P01', '57P03', '08006', '53300'])(
    'is seen in %s',
    (code) => {
      expect(isConnectionLoss(withCode(code))).toBe(true);
    },
  );

  it.each(['23505', '42P01', 'XX000', 'P0001', 'HV00A'])('is not what %s means, which PostgreSQL answered', (code) => {
    expect(sqlState(withCode(code))).toBe(code);
    expect(isConnectionLoss(withCode(code))).toBe(false);
  });

  it('is how a full disk counts: the same statement works when there is room again', () => {
    expect(isConnectionLoss(withCode('53100'))).toBe(true);
  });

  it('has no SQLSTATE, though some codes of the system have five letters too', () => {
    expect(sqlState(withCode('EPIPE'))).toBeUndefined();
  });
});
