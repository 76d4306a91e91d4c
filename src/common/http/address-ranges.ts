import ipaddr from 'ipaddr.js';

export type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** A list of addresses and CIDR ranges, `10.0.0.0/8`, `fd00::/8`; a single address is a range of one. */
export class AddressRanges {
  private readonly ranges: readonly (readonly [Address, number])[];

  constructor(texts: readonly string[]) {
    this.ranges = texts.map(parseRange);
  }

  /** @param text an address; anything else lies in no range. */
  has(text: string): boolean {
    return ipaddr.isValid(text) && this.holds(ipaddr.process(text));
  }

  holds(address: Address): boolean {
    return this.ranges.some(([base, bits]) => base.kind() === address.kind() && address.match(base, bits));
  }
}

function parseRange(text: string): [Address, number] {
  if (text.includes('/')) return ipaddr.parseCIDR(text);
  const address = ipaddr.process(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}
