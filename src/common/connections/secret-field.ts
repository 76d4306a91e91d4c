import 'reflect-metadata';

/** `all`: the value itself; `url`: the password inside a URL; `values`: every value of an object. */
export type SecretKind = 'all' | 'url' | 'values';

const SECRETS = 'millrace:secret-fields';

/** A field of a connection's config that holds a secret: what is shown of it is `***`. */
export function SecretField(kind: SecretKind = 'all'): PropertyDecorator {
  return (target, property) => {
    const known = secretFields(target);
    Reflect.defineMetadata(SECRETS, new Map(known).set(String(property), kind), target);
  };
}

export function secretFields(prototype: object): ReadonlyMap<string, SecretKind> {
  return (Reflect.getMetadata(SECRETS, prototype) as ReadonlyMap<string, SecretKind> | undefined) ?? new Map();
}
