import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { ModulesContainer } from '@nestjs/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { AppModule } from '../../src/app.module.js';
import { ACCESS_RULE, type AccessRole, type AccessRule, ROLES } from '../../src/common/api/requires.js';
import { Redactor } from '../../src/common/logging/redactor.js';
import { type ApiApp, startApiApp } from '../support/api-app.js';

interface Route {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly rule: AccessRule | undefined;
}

const OUTSIDE = /^\/(health|metrics|queues)(\/|$)/;

/** Every route of every controller, with the rule that the guard will find. */
function routesOf({ app }: ApiApp): Route[] {
  const modules = [...app.get(ModulesContainer).values()];
  const classes = new Set(
    modules.flatMap((module) => [...module.controllers.values()].map(({ metatype }) => metatype)),
  );
  return [...classes].flatMap((type) => (typeof type === 'function' ? routesOfController(type) : []));
}

function routesOfController(type: { name: string; prototype: object }): Route[] {
  return Object.getOwnPropertyNames(type.prototype).flatMap((name) => {
    const handler = Object.getOwnPropertyDescriptor(type.prototype, name)?.value as object | undefined;
    const method = handler && (Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined);
    if (handler === undefined || method === undefined) return [];
    const rules = [handler, type].map((target) => Reflect.getMetadata(ACCESS_RULE, target) as AccessRule | undefined);
    const rule = rules.find((found) => found !== undefined);
    const paths = pathsOf(type).flatMap((base) => pathsOf(handler).map((below) => fullPath(base, below)));
    return paths.map((path) => ({ name: `${type.name}.${name}`, method: RequestMethod[method], path, rule }));
  });
}

/** A controller or handler may have several. */
function pathsOf(target: object): string[] {
  const paths = Reflect.getMetadata(PATH_METADATA, target) as string | string[];
  return Array.isArray(paths) ? paths : [paths];
}

function fullPath(base: string, below: string): string {
  const parts = `${base}/${below}`.split('/').filter((part) => part !== '');
  const bare = `/${parts.map((part) => part.replace(/^:.*/, 'x')).join('/')}`;
  return OUTSIDE.test(bare) ? bare : `/api/v1${bare}`;
}

let api: ApiApp;
let routes: Route[];
const keys = new Map<AccessRole, string>();

beforeAll(async () => {
  api = await startApiApp({}, (config) => AppModule.with(config, new Redactor()));
  routes = routesOf(api);
  for (const role of ROLES) keys.set(role, await api.key(role));
});

function guarded(): (Route & { rule: { role: AccessRole } })[] {
  return routes.filter(
    (route): route is Route & { rule: { role: AccessRole } } => route.rule !== undefined && 'role' in route.rule,
  );
}

describe('every route', () => {
  it('declares who may call it', () => {
    expect(routes.length).toBeGreaterThan(30);
    expect(routes.filter(({ rule }) => rule === undefined).map(({ name }) => name)).toEqual([]);
  });

  it('that needs a role answers 401 without a key', async () => {
    for (const { method, path, name } of guarded()) {
      expect((await api.call(method, path, { key: null })).status, name).toBe(401);
    }
  });

  it('answers 403 to every role below the one it needs, and not 401 or 403 to that one', async () => {
    for (const { method, path, name, rule } of guarded()) {
      for (const role of ROLES.slice(0, ROLES.indexOf(rule.role))) {
        expect((await api.call(method, path, { key: keys.get(role) })).status, `${name} as ${role}`).toBe(403);
      }
      expect([401, 403], `${name} as ${rule.role}`).not.toContain(
        (await api.call(method, path, { key: keys.get(rule.role) })).status,
      );
    }
  });

  it('that changes secrets, keys or the audit log needs an admin, and no write is open to viewers', () => {
    const admin = guarded().filter(({ path }) => /\/(api-keys|secrets|audit-log)/.test(path));
    expect(admin.every(({ rule }) => rule.role === 'admin')).toBe(true);
    const writes = guarded().filter(({ method, path }) => method !== 'GET' && !path.endsWith('/validate'));
    expect(writes.filter(({ rule }) => rule.role === 'viewer').map(({ name }) => name)).toEqual([]);
  });
});
