import { IsBoolean, IsIn, IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import type { Fault } from '../errors/app-error.js';
import { Field } from '../validation/fields.js';
import { exactlyOne } from '../validation/rules.js';
import { HOST, HOST_RULE } from './host.js';
import { SecretField } from './secret-field.js';

export const DRIVERS = ['postgresql', 'postgres', 'mysql', 'mariadb', 'sqlite'] as const;
const SCHEMES: Readonly<Record<string, Driver>> = {
  'postgres:': 'postgresql',
  'postgresql:': 'postgresql',
  'mysql:': 'mysql',
  'mariadb:': 'mariadb',
};
const SERVER_FIELDS = ['host', 'port', 'database', 'username', 'password'] as const;

export type Driver = 'postgresql' | 'mysql' | 'mariadb' | 'sqlite';

export class DatabaseConnection {
  @Field('Which database; with `url` its scheme says so.', { enum: [...DRIVERS] })
  @IsOptional()
  @IsIn(DRIVERS)
  driver?: (typeof DRIVERS)[number];

  @Field('Instead of host, port, database, username and password.', {
    examples: ['postgresql://reports:password@db.example.com:5432/shop'],
  })
  @SecretField('url')
  @IsOptional()
  @Matches(/^(postgres|postgresql|mysql|mariadb):\/\/[^/]+\/[^/?]+(\?.*)?$/, {
    message: 'url must be postgresql://, mysql:// or mariadb:// with a host and a database, without socket',
  })
  url?: string;

  @Field('The host name or address.')
  @IsOptional()
  @Matches(HOST, HOST_RULE)
  host?: string;

  @Field('Its port; default 5432 or 3306.')
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(65_535)
  port?: number;

  @Field('The database.')
  @IsOptional()
  @IsString()
  database?: string;

  @Field('The user.')
  @IsOptional()
  @IsString()
  username?: string;

  @Field('Its password.')
  @SecretField()
  @IsOptional()
  @IsString()
  password?: string;

  @Field('TLS: require checks the certificate, no_verify does not, disable sends everything in the clear.', {
    enum: ['disable', 'require', 'no_verify'],
  })
  @IsOptional()
  @IsIn(['disable', 'require', 'no_verify'])
  ssl: 'disable' | 'require' | 'no_verify' = 'disable';

  @Field('sqlite: the file, in the folder `sqlite` of the data folder.', { examples: ['reports.db'] })
  @IsOptional()
  @Matches(/^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}$/, {
    message: 'file must be a plain file name of letters, digits, "_", "." and "-"',
  })
  file?: string;

  @Field('sqlite: nothing may write.')
  @IsOptional()
  @IsBoolean()
  read_only: boolean = false;

  @Field('Connections at a time, of each replica.')
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(100)
  pool_size: number = 5;
}

export interface ServerAddress {
  readonly driver: Exclude<Driver, 'sqlite'>;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly username: string;
  readonly password: string;
}

export function driverOf({ driver, url }: DatabaseConnection): Driver {
  if (driver === 'postgres') return 'postgresql';
  return driver ?? SCHEMES[URL.parse(url ?? '')?.protocol ?? ''] ?? 'postgresql';
}

/** Where a server listens, from `url` or from the single fields. */
export function serverAddress(config: DatabaseConnection): ServerAddress {
  const driver = driverOf(config) as ServerAddress['driver'];
  const url = config.url === undefined ? null : URL.parse(config.url);
  const text = (value: string): string => decodeURIComponent(value);
  return {
    driver,
    host: url === null ? (config.host ?? '') : url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url?.port) || (config.port ?? (driver === 'postgresql' ? 5432 : 3306)),
    database: url === null ? (config.database ?? '') : text(url.pathname.slice(1)),
    username: url === null ? (config.username ?? '') : text(url.username),
    password: url === null ? (config.password ?? '') : text(url.password),
  };
}

export function databaseFaults(config: DatabaseConnection): Fault[] {
  const faults: Fault[] = [];
  const refuse = (path: string, message: string, code = 'value_invalid'): number =>
    faults.push({ path, code, message });
  if (config.driver === undefined && config.url === undefined) {
    refuse('driver', '"driver" is required unless `url` says it', 'field_required');
    return faults;
  }
  const driver = driverOf(config);
  if (driver === 'sqlite') {
    if (config.file === undefined) refuse('file', '"file" is required for sqlite', 'field_required');
    for (const name of [...SERVER_FIELDS, 'url'] as const)
      if (config[name] !== undefined) refuse(name, `"${name}" is not for sqlite, which has a \`file\``);
    return faults;
  }
  faults.push(...exactlyOne(config, ['url', 'host']));
  if (config.file !== undefined) refuse('file', '"file" is for sqlite only');
  if (config.url !== undefined) return [...faults, ...urlFaults(config, driver)];
  if (config.database === undefined) refuse('database', '"database" is required', 'field_required');
  if (config.username === undefined) refuse('username', '"username" is required', 'field_required');
  return faults;
}

function urlFaults(config: DatabaseConnection, driver: Driver): Fault[] {
  const url = URL.parse(config.url ?? '');
  const refuse = (path: string, message: string): Fault => ({ path, code: 'value_invalid', message });
  if (url === null) return [refuse('url', 'url is no URL')];
  const faults = SERVER_FIELDS.filter((name) => config[name] !== undefined).map((name) =>
    refuse(name, `"${name}" is part of \`url\``),
  );
  if (SCHEMES[url.protocol] !== driver) faults.push(refuse('driver', `driver and the scheme of \`url\` differ`));
  if (url.search !== '') faults.push(refuse('url', 'url takes no parameters; TLS is the field `ssl`'));
  try {
    serverAddress(config);
  } catch {
    faults.push(refuse('url', 'url holds a broken % escape'));
  }
  return faults;
}
