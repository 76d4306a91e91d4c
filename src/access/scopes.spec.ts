import { describe, expect, it } from 'vitest';
import { scopeNeeded, scopesAllow } from './scopes.js';

describe('scopes', () => {
  it('the scope that a request needs is its resource and whether it writes', () => {
    expect(scopeNeeded('GET', '/api/v1/workflows?limit=1')).toBe('workflows:read');
    expect(scopeNeeded('POST', '/api/v1/workflows/x/activate')).toBe('workflows:write');
    expect(scopeNeeded('GET', '/metrics')).toBe('metrics:read');
  });

  it.each([
    [[], 'secrets:write', true],
    [['*'], 'secrets:write', true],
    [['*:read'], 'secrets:write', false],
    [['*:read'], 'secrets:read', true],
    [['workflows'], 'workflows:write', true],
    [['workflows:write'], 'workflows:read', true],
    [['workflows:read'], 'workflows:write', false],
    [['workflows:read', 'executions:write'], 'executions:write', true],
    [['workflow'], 'workflows:read', false],
    [['workflows:read'], 'me:read', true],
  ])('%j allow %s: %s', (scopes, needed, allowed) => {
    expect(scopesAllow(scopes, needed)).toBe(allowed);
  });
});
