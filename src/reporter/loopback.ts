/** Who may ask while the server is bound to loopback: the guard against DNS rebinding. Pure. */
import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether an IP literal is a loopback address, also as IPv4 within IPv6. */
export function isLoopback(address: string): boolean {
  const version = isIP(address);
  return version !== 0 && loopback.check(address, version === 4 ? 'ipv4' : 'ipv6');
}

/**
 * Whether a `Host` header (or the authority of an absolute-form target) names this machine itself: `localhost`, a
 * loopback IP literal, or the name that was configured, with any port. A web page on another name that resolves to
 * 127.0.0.1 is refused.
 */
export function isLocalAuthority(authority: string, configuredHost: string): boolean {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:@[\]]+))(?::\d{0,5})?$/i.exec(authority);
  if (match === null) return false;
  const name = (match[1] ?? match[2]!).toLowerCase();
  return name === 'localhost' || name === configuredHost.toLowerCase() || isLoopback(name);
}
