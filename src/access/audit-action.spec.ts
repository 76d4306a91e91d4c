import { expect, it } from 'vitest';
import { actionOf } from './audit-action.js';
import { redactForAudit } from './audit-redaction.js';

const ID = '01a1fd03-2dd2-7000-8abc-8142c2845436';

it.each([
  ['POST', '/api/v1/workflows', '/api/v1/workflows', { id: ID }, 'workflows.create', `workflows/${ID}`],
  [
    'POST',
    '/api/v1/workflows/:id/activate',
    '/api/v1/workflows/w/activate',
    { id: ID },
    'workflows.activate',
    'workflows/w',
  ],
  ['PUT', '/api/v1/secrets/:name', '/api/v1/secrets/x?y=1', {}, 'secrets.update', 'secrets/x'],
  [
    'DELETE',
    '/api/v1/workflows/:id/tasks/:stepId',
    '/api/v1/workflows/w/tasks/s',
    null,
    'workflows.delete',
    'workflows/w/tasks/s',
  ],
])('%s %s is named by what it does and to what', (method, route, path, answer, action, resource) => {
  expect(actionOf(method, route, path, answer)).toEqual({ action, resource });
});

it('fields that hold secrets are redacted wherever they stand, and large values are left out', () => {
  const value = {
    name: 'n',
    config: { password: 'p', headers: { Authorization: 'Bearer x' }, list: [{ client_secret: 's' }] },
  };
  expect(redactForAudit(value, 'connections/c')).toEqual({
    name: 'n',
    config: { password: '***', headers: { Authorization: '***' }, list: [{ client_secret: '***' }] },
  });
  expect(redactForAudit({ key: 'mr_x', id: 1 }, 'api-keys')).toEqual({ key: '***', id: 1 });
  expect(redactForAudit({ key: 'kept' }, 'workflows/w')).toEqual({ key: 'kept' });
  expect(redactForAudit({ text: 'x'.repeat(100_000) }, 'workflows/w')).toEqual({ truncated: true });
});
