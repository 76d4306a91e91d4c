import { describe, expect, it } from 'vitest';
import { AddressGuard, parseAddress } from './address-guard.js';

const guard = new AddressGuard([]);

describe('the address guard', () => {
  it.each([['8.8.8.8'], ['1.1.1.1'], ['2606:4700:4700::1111'], ['[2606:4700:4700::1111]'], ['::ffff:8.8.8.8']])(
    'lets %s pass',
    (address) => expect(guard.allows(address)).toBe(true),
  );

  it.each([
    ['127.0.0.1', 'loopback'],
    ['127.1', 'loopback, short'],
    ['2130706433', 'loopback, decimal'],
    ['0x7f000001', 'loopback, hexadecimal'],
    ['0x7f.1', 'loopback, hexadecimal and short'],
    ['0177.0.0.1', 'loopback, octal'],
    ['::1', 'loopback, IPv6'],
    ['[::1]', 'loopback, in brackets'],
    ['::ffff:127.0.0.1', 'IPv4 in IPv6'],
    ['::ffff:7f00:1', 'IPv4 in IPv6, hexadecimal'],
    ['::127.0.0.1', 'IPv4-compatible IPv6'],
    ['64:ff9b::7f00:1', 'NAT64'],
    ['2002:7f00:1::', '6to4'],
    ['2001:0:7f00:1::', 'Teredo'],
    ['0.0.0.0', 'unspecified'],
    ['::', 'unspecified, IPv6'],
    ['10.1.2.3', 'private'],
    ['172.16.0.1', 'private'],
    ['192.168.1.1', 'private'],
    ['169.254.169.254', 'link-local: cloud metadata'],
    ['fe80::1%eth0', 'link-local with a zone'],
    ['fd00:ec2::254', 'unique local: cloud metadata'],
    ['100.64.0.1', 'carrier-grade NAT'],
    ['192.0.0.1', 'reserved'],
    ['198.18.0.1', 'benchmarks'],
    ['224.0.0.1', 'multicast'],
    ['255.255.255.255', 'broadcast'],
    ['127.0.0.1.', 'with a closing dot'],
    ['example.com', 'a name'],
    ['', 'nothing'],
  ])('refuses %s (%s)', (address) => expect(guard.allows(address)).toBe(false));

  it('lets pass what the operator allows, in any spelling, and no more', () => {
    const lan = new AddressGuard(['10.0.0.0/8', 'fd00::/8', '127.0.0.1']);
    for (const address of ['10.1.2.3', '::ffff:10.1.2.3', '0xa010203', 'fd12::1', '127.0.0.1']) {
      expect(lan.allows(address)).toBe(true);
    }
    for (const address of ['192.168.0.1', 'fe80::1', '127.0.0.2']) expect(lan.allows(address)).toBe(false);
  });

  it('takes names for names', () => {
    expect(parseAddress('localhost')).toBeNull();
    expect(parseAddress('10.example.com')).toBeNull();
  });
});
