/**
 * Questions to the agent's server. Addresses are relative, so that the page also works below a path of a proxy. Where the
 * server wants its token, the browser has asked for it as a password before it showed this page, and sends it along.
 */

/** It answers, but not with what was asked for. */
export class Refused extends Error {
  readonly status: number;
  constructor(status: number, text: string) {
    super(text);
    this.status = status;
  }
}

/** @throws Refused when the answer is no success, Error when there is none */
export async function ask(path: string, signal?: AbortSignal): Promise<Response> {
  const response = await fetch(path, { signal, cache: 'no-store', redirect: 'error' });
  if (!response.ok) throw new Refused(response.status, await response.text());
  return response;
}

export async function askJson<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
  const response = await ask(path, signal);
  return (await response.json()) as Answer;
}
