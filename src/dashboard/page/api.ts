/**
 * Questions to the agent's server. Addresses are relative, so that the page also works below a path of a proxy. Where the
 * server wants its token, the browser has asked for it as a password before it showed this page, and sends it along.
 */

/** It answers, but not us. */
export class Refused extends Error {
  readonly status: number;
  constructor(status: number, text: string) {
    super(text);
    this.status = status;
  }
}

/** @throws Refused on 401 and 403, Error on anything else that is no success */
export async function ask(path: string, signal?: AbortSignal): Promise<Response> {
  const response = await fetch(path, { signal, cache: 'no-store', redirect: 'error' });
  if (response.status === 401 || response.status === 403) throw new Refused(response.status, await response.text());
  if (!response.ok) throw new Error(`${path}: status ${response.status}`);
  return response;
}

export async function askJson<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
  const response = await ask(path, signal);
  return (await response.json()) as Answer;
}
