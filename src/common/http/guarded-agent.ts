import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { parseAddress, type AddressGuard } from './address-guard.js';
import { AddressNotAllowedError } from './http.errors.js';

type LookupCallback = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void;
/** All addresses of a name, as `dns.lookup(name, { all: true }, callback)` gives them. */
export type LookupAll = (hostname: string, callback: LookupCallback) => void;

const lookupAll: LookupAll = (hostname, callback) => systemLookup(hostname, { all: true, order: 'verbatim' }, callback);

/**
 * An agent that connects only to addresses which the guard allows. Literal hosts are checked before the connection,
 * names when they are looked up, and the connection goes to the very address that was checked, so a name whose answer
 * changes between check and use (DNS rebinding) gains nothing. Checking in `lookup` alone would let literals pass.
 */
export function guardedAgent(guard: AddressGuard, lookup: LookupAll = lookupAll): Agent {
  const connect = buildConnector({ lookup: guardedLookup(guard, lookup), allowH2: false, timeout: 10_000 });
  return new Agent({
    allowH2: false,
    // A call's own timeout holds, however long it is.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: (options, callback) => {
      const isLiteral = parseAddress(options.hostname) !== null;
      if (isLiteral && !guard.allows(options.hostname)) callback(new AddressNotAllowedError(options.hostname), null);
      else connect(options, callback);
    },
  });
}

/** Gives only addresses that the guard allows. Literal hosts never come here: check them before. */
export function guardedLookup(guard: AddressGuard, lookup: LookupAll = lookupAll): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, (error, addresses) => {
      const allowed = error ? [] : addresses.filter(({ address }) => guard.allows(address));
      const [first] = allowed;
      if (error) callback(error, []);
      else if (first === undefined) callback(new AddressNotAllowedError(hostname), []);
      else if (options.all) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}
