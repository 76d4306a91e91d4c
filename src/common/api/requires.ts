import { createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';

/** Each role may do what those before it may. */
export const ROLES = ['viewer', 'operator', 'editor', 'admin'] as const;
export type AccessRole = (typeof ROLES)[number];

export const ACCESS_RULE = 'millrace:access';
export type AccessRule = { role: AccessRole } | { open: true };

/** The least role that may call this route. A route that says nothing is denied to everybody. */
export const Requires = (role: AccessRole): MethodDecorator & ClassDecorator =>
  SetMetadata(ACCESS_RULE, { role } satisfies AccessRule);

/** No key needed: health, documentation, and routes that check credentials of their own. */
export const OpenToAll = (): MethodDecorator & ClassDecorator =>
  SetMetadata(ACCESS_RULE, { open: true } satisfies AccessRule);

export const PUBLIC_WHEN = 'millrace:public-when';

/** Open without a key while this setting is true; else the route's rule holds. */
export const PublicWhen = (setting: 'metricsPublic'): MethodDecorator => SetMetadata(PUBLIC_WHEN, setting);

export const FOR_BROWSERS = 'millrace:for-browsers';

/**
 * A page: a browser asks its user for a key, as the password of Basic authentication. For reading only, since a browser sends
 * what it was told with every request, whoever has made it.
 */
export const ForBrowsers = (): MethodDecorator => SetMetadata(FOR_BROWSERS, true);

/** Who calls; the access guard puts it on the request. */
export interface Caller {
  /** `key:<id>`, `admin`, or `jwt:<sub>`: what the audit log and `created_by` show. */
  readonly actor: string;
  readonly role: AccessRole;
  readonly ownerId: string | null;
  readonly ip: string;
}

export const CurrentCaller = createParamDecorator((_data: unknown, context: ExecutionContext): Caller => {
  const caller = context.switchToHttp().getRequest<{ caller?: Caller }>().caller;
  if (caller === undefined) throw new Error('CurrentCaller on a route without an access rule');
  return caller;
});
