/** What became of a delivery. Pure. */
import { retryDelayOf } from './otlp-retry-info.ts';

/**
 * `taken`: the backend has it. `refused`: it certainly has not, because it said so or was never asked. `unanswered`: it
 * was asked and never answered, so nobody knows.
 */
export type Fate = 'taken' | 'refused' | 'unanswered';

/** One HTTP request, as far as it got. */
export interface Attempt {
  /** The last byte was handed to the operating system on an open connection. */
  sent: boolean;
  /** Of the answer's head. */
  status?: number;
  /** ms that the answer asked to wait. */
  retryAfter?: number;
  /** `code` of the error that ended it. */
  code?: string;
}

/** As gRPC's library and the exporters' errors have it. */
export interface Failure {
  readonly message: string;
  readonly code?: number | string;
  readonly details?: string;
  readonly data?: string;
  /** Of a gRPC answer. */
  readonly metadata?: { get(key: string): readonly unknown[] };
}

/** A TLS alert ends a connection before its server reads a request from it. */
const TLS_REFUSAL = /^(ERR_SSL_|ERR_TLS_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;

/** Of an HTTP delivery that did not succeed, from all its attempts. */
export function fateOfAttempts(attempts: readonly Attempt[]): Fate {
  if (attempts.some(({ status }) => status !== undefined && status >= 200 && status <= 299)) return 'taken';
  return attempts.some(isUnanswered) ? 'unanswered' : 'refused';
}

export function isUnanswered({ sent, status, code = '' }: Attempt): boolean {
  return sent && status === undefined && !TLS_REFUSAL.test(code);
}

/** gRPC status codes that its library also makes up itself when no answer came. */
const LOCAL_CODES: readonly unknown[] = [1, 2, 4, 13, 14];
/** What @grpc/grpc-js says when it had no connection to write to, or the server refused the stream unread. */
const NOT_SENT =
  /^No connection established|^Name resolution failed|Waiting for (LB pick|name resolution)|Stream refused by server|^Failed to connect/i;
/** What it says when a call that was written ended without a status. */
const NO_ANSWER =
  /^Connection dropped|^Deadline exceeded|ECONNRESET|EPIPE|ETIMEDOUT|socket hang up|RST_STREAM|^Call ended without|^Call cancel|Channel closed|Stream removed|GOAWAY|PROTOCOL_ERROR|^Cancelled/i;

/** Of a gRPC call that did not succeed. */
export function fateOfCall({ code, details = '' }: Failure): Fate {
  if (!LOCAL_CODES.includes(code) || NOT_SENT.test(details)) return 'refused';
  return NO_ANSWER.test(details) ? 'unanswered' : 'refused';
}

/** ms. Longer than that nobody is waited for. */
const MAX_WAIT = 300_000;

/** ms that the last answer asked to wait, at most {@link MAX_WAIT}. */
export function askedWait(failure: Failure | undefined, attempts: readonly Attempt[]): number | undefined {
  const wait = attempts.at(-1)?.retryAfter ?? retryDelayOf(failure?.metadata?.get('grpc-status-details-bin')[0]);
  return wait !== undefined && wait > 0 ? Math.min(wait, MAX_WAIT) : undefined;
}

/** Longest text of an answer in a reason, in characters. */
const TEXT_LIMIT = 200;

/** One line for people. */
export function describeFailure(failure: Failure | undefined, attempts: readonly Attempt[]): string {
  const last = attempts.at(-1);
  const ms = askedWait(failure, attempts);
  const wait = ms === undefined ? '' : `, asked to wait ${ms / 1e3} s`;
  if (last?.status !== undefined) {
    const data = failure?.data ? `: ${cut(failure.data)}` : '';
    return `the backend answered HTTP ${last.status}${wait}${data}`;
  }
  if (failure === undefined) return 'no answer in time';
  const text = cut(failure.message || String(failure.code ?? 'no reason given')) + wait;
  return last !== undefined && isUnanswered(last) ? `no answer: ${text}` : text;
}

function cut(given: string): string {
  const text = given.replace(/\s+/g, ' ').trim();
  return text.length > TEXT_LIMIT ? `${text.slice(0, TEXT_LIMIT)}…` : text;
}
