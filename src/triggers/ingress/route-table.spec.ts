import { describe, expect, it } from 'vitest';
import type { ArmedTrigger } from '../trigger.contract.js';
import { routeSegments, routeShape } from '../types/webhook/route-path.js';
import { RouteTable } from './route-table.js';

const named = (id: string): ArmedTrigger => ({ id }) as ArmedTrigger;

function tableOf(...routes: [method: string, path: string][]): RouteTable {
  const table = new RouteTable();
  for (const [method, path] of routes) table.add(method, path, named(`${method} ${path}`));
  return table;
}

describe('public paths', () => {
  it('give their parameters, and plain text goes before them', () => {
    const table = tableOf(['POST', 'orders/:id'], ['POST', 'orders/new'], ['POST', ':kind/:id/close']);
    expect(table.match('POST', ['orders', '7'])).toMatchObject({ kind: 'found', params: { id: '7' } });
    expect(table.match('POST', ['orders', 'new'])).toMatchObject({ trigger: { id: 'POST orders/new' }, params: {} });
    expect(table.match('POST', ['orders', '7', 'close'])).toMatchObject({ params: { kind: 'orders', id: '7' } });
  });

  it('fall back to a parameter where the plain text leads nowhere', () => {
    const table = tableOf(['POST', 'a/b'], ['GET', ':x/b'], ['POST', ':x/c']);
    expect(table.match('POST', ['a', 'c'])).toMatchObject({ params: { x: 'a' } });
    expect(table.match('GET', ['a', 'b'])).toMatchObject({ params: { x: 'a' } });
  });

  it('that exist under another method only say which, and whose they are', () => {
    expect(tableOf(['PUT', 'a'], ['POST', 'a']).match('GET', ['a'])).toEqual({
      kind: 'other_method',
      allow: ['POST', 'PUT'],
      triggers: [named('PUT a'), named('POST a')],
    });
  });

  it('that nobody has are no match', () => {
    expect(tableOf(['POST', 'a']).match('POST', ['a', 'b'])).toBeNull();
    expect(tableOf(['POST', 'a']).match('POST', ['__proto__'])).toBeNull();
  });

  it('are written with or without /webhook, and a parameter has no name in the shape', () => {
    expect(routeSegments('/webhook/orders/:id')).toEqual(['orders', ':id']);
    expect(routeSegments('orders/:id/')).toEqual(['orders', ':id']);
    expect(routeShape(['orders', ':id'])).toBe('orders/:');
    expect([routeSegments('/'), routeSegments('/a/*'), routeSegments('/a?b'), routeSegments('/:a/:a')]).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });
});
