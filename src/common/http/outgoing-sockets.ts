import { once } from 'node:events';
import { Socket, type LookupFunction } from 'node:net';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';
import { AddressGuard, parseAddress } from './address-guard.js';
import { guardedLookup } from './guarded-agent.js';
import { AddressNotAllowedError } from './http.errors.js';

const CONNECT_TIMEOUT_MS = 10_000;

/** The way out for what is no HTTP: databases, mail. The same addresses are allowed as for outgoing calls. */
@Injectable()
export class OutgoingSockets {
  private readonly guard: AddressGuard;
  private readonly lookup: LookupFunction;

  constructor(config: AppConfig) {
    this.guard = new AddressGuard(config.httpAllowPrivate);
    this.lookup = guardedLookup(this.guard);
  }

  /** A socket that is not connected yet, for a client that calls `connect(port, host)` itself. */
  socket(): Socket {
    return new GuardedSocket(this.guard, this.lookup);
  }

  /** A socket that connects; what keeps it from it is its `error`. */
  open(host: string, port: number): Socket {
    return this.socket().connect(port, host);
  }

  /** @throws AddressNotAllowedError, or what the system says */
  async connect(host: string, port: number): Promise<Socket> {
    const socket = this.open(host, port);
    await once(socket, 'connect');
    return socket;
  }
}

class GuardedSocket extends Socket {
  constructor(
    private readonly guard: AddressGuard,
    private readonly lookup: LookupFunction,
  ) {
    super();
  }

  override connect(...args: unknown[]): this {
    const [port, host] = args;
    if (typeof port !== 'number' || typeof host !== 'string') throw new TypeError('connect takes a port and a host');
    if (parseAddress(host) !== null && !this.guard.allows(host)) {
      return this.destroy(new AddressNotAllowedError(host));
    }
    const expired = (): void => void this.destroy(new Error(`no connection within ${CONNECT_TIMEOUT_MS} ms`));
    const timer = setTimeout(expired, CONNECT_TIMEOUT_MS);
    const clear = (): void => clearTimeout(timer);
    this.once('connect', clear).once('close', clear);
    return super.connect({ port, host, lookup: this.lookup });
  }
}
