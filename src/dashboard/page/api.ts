/** Questions to the agent's server. Addresses are relative, so that the page also works below a path of a proxy. */

/** It answers, but not us. */
export class Refused extends Error {
  readonly status: number;
  constructor(status: number, text: string) {
    super(text);
    this.status = status;
  }
}

/** Held by this page only, never stored. */
let token = '';

export function useToken(text: string): void {
  token = text;
}

/** @throws Refused on 401 and 403, Error on anything else that is no success */
export async function ask(path: string, signal?: AbortSignal): Promise<Response> {
  const headers: HeadersInit = token === '' ? {} : { Authorization: `Bearer ${token}` };
  const response = await fetch(path, { headers, signal, cache: 'no-store', credentials: 'omit', redirect: 'error' });
  if (response.status === 401 || response.status === 403) throw new Refused(response.status, await response.text());
  if (!response.ok) throw new Error(`${path}: status ${response.status}`);
  return response;
}

export async function askJson<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
  const response = await ask(path, signal);
  return (await response.json()) as Answer;
}
