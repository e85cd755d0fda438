/** Asks an app's agent. Every way in which that fails becomes one line with the remedy. */
import type { Now } from '../../dashboard/feed.ts';
import type { Finding } from '../../reporter/findings.ts';
import type { RequestList } from '../../reporter/request-list.ts';
import type { Known } from './body.ts';
import { get, Late } from './get.ts';
import type { Options } from './options.ts';

/** ms for one answer. The agent answers in ms, also while the app hangs. */
const PATIENCE = 3000;
/** Characters of the server's own words that are shown. */
const SHOWN = 300;

/** A question without an answer; the message is for people. */
export class NoAnswer extends Error {}

/** `withRequests`: also what is in flight. @throws NoAnswer */
export async function ask(options: Options, withRequests: boolean): Promise<Known> {
  const [now, findings, requests] = await Promise.all([
    getJson(options, '/now'),
    getJson(options, '/findings'),
    withRequests ? getJson(options, '/requests') : undefined,
  ]);
  if (!isNow(now) || !isFindings(findings)) {
    throw new NoAnswer(`${options.url} is not the agent of loadline, or of a version that this one does not know`);
  }
  return { now, findings: findings.findings, requests: requests as RequestList | undefined };
}

async function getJson({ url, token }: Options, path: string): Promise<unknown> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (token !== '') headers.authorization = `Bearer ${token}`;
  try {
    const { status, text } = await get(url + path, headers, PATIENCE);
    if (status !== 200) throw refused(url, path, status, text);
    return JSON.parse(text);
  } catch (error) {
    throw error instanceof NoAnswer ? error : failed(url, error as NodeJS.ErrnoException);
  }
}

function refused(url: string, path: string, status: number, text: string): NoAnswer {
  if (status === 401) return new NoAnswer(`${url} wants a token: set LOADLINE_TOKEN to that of the app`);
  if (status === 403) return new NoAnswer(`${url} refuses: ${text.trim().slice(0, SHOWN)}`);
  if (status === 404)
    return new NoAnswer(`${url} has no ${path}: it is not loadline's address, or its version is older than this one`);
  return new NoAnswer(`${url}${path} answers with status ${status}`);
}

function failed(url: string, error: NodeJS.ErrnoException): NoAnswer {
  if (error instanceof Late) {
    return new NoAnswer(`${url} does not answer within ${PATIENCE / 1000} s: is its process stopped?`);
  }
  if (error instanceof SyntaxError) return new NoAnswer(`${url} does not answer in JSON: it is not loadline's address`);
  if (codesOf(error).includes('ECONNREFUSED')) {
    return new NoAnswer(
      `nothing listens on ${url}: start an app with "npx loadline app.js", or give its address, as in loadline top host:port`,
    );
  }
  if (error.code === 'ENOTFOUND') return new NoAnswer(`${url}: there is no host of that name`);
  return new NoAnswer(`${url} does not answer: ${error.message || error.code}`);
}

/** A name with several addresses fails with an error for each. */
function codesOf(error: NodeJS.ErrnoException): (string | undefined)[] {
  const { errors = [] } = error as { errors?: NodeJS.ErrnoException[] };
  return [error, ...errors].map(({ code }) => code);
}

function isNow(answer: unknown): answer is Now {
  const { verdict, vitals, traffic, workers, routes } = (answer ?? {}) as Partial<Now>;
  return verdict instanceof Object && traffic instanceof Object && [vitals, workers, routes].every(Array.isArray);
}

function isFindings(answer: unknown): answer is { findings: Finding[] } {
  return Array.isArray((answer as { findings?: unknown } | null)?.findings);
}
