/** Who may ask for what shows paths and code. */
import { lookup } from 'node:dns/promises';
import { reasonOf } from '../errors.ts';
import { isLoopback } from '../reporter/loopback.ts';
import type { Finding } from './check.ts';

export interface AccessConfig {
  readonly adapters: readonly unknown[];
  readonly prometheus: { readonly host: string };
  readonly token: string;
}

const WHAT = '/findings, /requests';

/** The same rule as the server's: loopback, else the token. Shows no token. Never rejects. */
export async function access({ adapters, prometheus: { host }, token }: AccessConfig): Promise<Finding> {
  const finding = (state: Finding['state'], detail: string) => ({ what: WHAT, state, essential: false, detail });
  if (!adapters.includes('prometheus'))
    return finding('no', 'there is no server: OTEL_METRICS_EXPORTER has no prometheus');
  try {
    const { address } = await lookup(host);
    if (isLoopback(address)) return finding('yes', `from this machine only, without a token (bound to ${address})`);
    if (token !== '')
      return finding('yes', `with Authorization: Bearer and the value of LOADLINE_TOKEN (bound to ${address})`);
    return finding('no', `refused, since the server is bound to ${address}: set LOADLINE_TOKEN`);
  } catch (error) {
    return finding('no', `${host}: ${reasonOf(error)}`);
  }
}
