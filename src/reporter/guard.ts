/**
 * Who may see paths and code: everybody on a server that is bound to loopback, and whoever has the token elsewhere. Where
 * the client comes from does not count: behind a front end every client comes from this machine. So a request that a
 * front end passed on needs the token on loopback, too. What a page of another site asks for is refused everywhere: its
 * browser may be on this machine, or know the token.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isForeign } from './foreign.ts';

/** Why a request is refused. */
export interface Refusal {
  /** 401: no token, or another one. 403: no token can help, since none is set, or another site asks. */
  readonly status: 401 | 403;
  /** One line, with the remedy. */
  readonly line: string;
}

/** Undefined: welcome. `onLoopback`: what the server is bound to. Never throws. */
export type Guard = (headers: IncomingHttpHeaders, onLoopback: boolean) => Refusal | undefined;

/** What front ends add to what they pass on (RFC 7239 and its forerunners). */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];

const UNSET: Refusal = {
  status: 403,
  line:
    'this may show paths and code, so it is answered on loopback only: set LOADLINE_TOKEN and send it as ' +
    '"Authorization: Bearer <token>" (in a browser: as the password), or ask by 127.0.0.1 with ' +
    'OTEL_EXPORTER_PROMETHEUS_HOST=127.0.0.1',
};
const WRONG: Refusal = {
  status: 401,
  line: 'this needs "Authorization: Bearer <token>" with the value of LOADLINE_TOKEN; in a browser it is the password, of any user',
};
const FOREIGN: Refusal = {
  status: 403,
  line: 'a page of another site asked for this: open it by its own address',
};

/** What a 401 asks for: browsers know the first one only. */
export const CHALLENGES: readonly string[] = ['Basic realm="loadline", charset="UTF-8"', 'Bearer'];

/** @param token empty: none is set */
export function createGuard(token: string): Guard {
  const expected = digest(token);
  return (headers, onLoopback) => {
    if (isForeign(headers)) return FOREIGN;
    if (onLoopback && !FORWARDED.some((name) => headers[name] !== undefined)) return undefined;
    if (token === '') return UNSET;
    const given = tokenOf(headers.authorization ?? '');
    // Digests are of one length, so neither that nor the first different character shows in the time this takes.
    return given !== undefined && timingSafeEqual(digest(given), expected) ? undefined : WRONG;
  };
}

/** As bearer token (RFC 6750), or as password of whatever user (RFC 7617). */
function tokenOf(authorization: string): string | undefined {
  const bearer = /^Bearer +([!-~]+) *$/i.exec(authorization)?.[1];
  const basic = /^Basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(authorization)?.[1];
  if (basic === undefined) return bearer;
  const credentials = Buffer.from(basic, 'base64').toString('utf8');
  const colon = credentials.indexOf(':');
  return colon < 0 ? undefined : credentials.slice(colon + 1);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
