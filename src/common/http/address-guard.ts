import ipaddr from 'ipaddr.js';
import { AddressRanges, type Address } from './address-ranges.js';

/**
 * Which addresses outgoing calls may reach: public ones, and the ranges that the operator allows.
 * Everything that is not plain unicast is refused: private, loopback, link-local (cloud metadata), carrier-grade NAT,
 * unique local, multicast, reserved, and IPv6 forms that carry an IPv4 address inside.
 */
export class AddressGuard {
  private readonly allowed: AddressRanges;

  /** @param ranges CIDR ranges, `10.0.0.0/8`, `fd00::/8`; a single address is a range of one. */
  constructor(ranges: readonly string[]) {
    this.allowed = new AddressRanges(ranges);
  }

  /** @param text an address as it stands in a URL or as DNS gave it; brackets and zone are no part of it. */
  allows(text: string): boolean {
    const address = parseAddress(text);
    if (address === null) return false;
    return address.range() === 'unicast' || this.allowed.holds(address);
  }
}

/**
 * The address that a literal host means, in any form that some resolver takes for one: dotted, decimal, hexadecimal,
 * octal, short (`127.1`), bracketed, IPv4 inside IPv6 (which counts as the IPv4 address). null for names.
 */
export function parseAddress(text: string): Address | null {
  const bare = text
    .replace(/^\[|\]$/g, '')
    .replace(/%.*$/, '')
    .replace(/\.$/, '');
  if (!ipaddr.isValid(bare)) return null;
  return ipaddr.process(bare);
}
