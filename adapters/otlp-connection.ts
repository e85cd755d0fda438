/** The HTTP connection of the exporters: each request belongs to the delivery that it was made for. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { readFileSync } from 'node:fs';
import { type ClientRequest, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { resolve } from 'node:path';
import { OtlpDelivery, refuse } from './otlp-delivery.ts';
import { firstSet, variables } from './otlp-settings.ts';

/** Node's `http.Agent` hands every request to this method, and every replacement overrides it. */
interface Adding {
  addRequest(request: ClientRequest, ...rest: unknown[]): void;
}

export class OtlpConnection {
  readonly #mayRepeat: boolean;
  readonly #agents: HttpAgent[] = [];
  readonly #certificates = certificates();
  /** An exporter may try again seconds after its delivery was ended: what it sends then is not of the present one. */
  readonly #deliveries = new AsyncLocalStorage<OtlpDelivery>();
  #last: OtlpDelivery | undefined;

  /** `mayRepeat`: whether the exporter may send again what was sent and never answered. */
  constructor(mayRepeat: boolean) {
    this.#mayRepeat = mayRepeat;
  }

  /** Every request that comes of `send`, however late, belongs to the delivery that is returned. */
  deliver<T>(send: () => T): { readonly delivery: OtlpDelivery; readonly sending: T } {
    const delivery = new OtlpDelivery(this.#mayRepeat);
    this.#last = delivery;
    return { delivery, sending: this.#deliveries.run(delivery, send) };
  }

  close(): void {
    this.#last?.end();
    for (const agent of this.#agents) agent.destroy();
  }

  /**
   * What the exporters take as `httpAgentOptions`. A connection is kept only where a request may be repeated: one that
   * is written to a connection which the server is closing cannot be told from a lost one.
   */
  readonly createAgent = (protocol: string): HttpAgent => {
    const options = { keepAlive: this.#mayRepeat };
    const agent =
      protocol === 'https:' ? new HttpsAgent({ ...options, ...this.#certificates }) : new HttpAgent(options);
    const adding = agent as HttpAgent & Adding;
    const add = adding.addRequest.bind(agent);
    adding.addRequest = (request, ...rest) => {
      const delivery = this.#deliveries.getStore();
      if (!delivery?.isOpen) return refuse(request);
      delivery.watch(request);
      add(request, ...rest);
    };
    this.#agents.push(agent);
    return agent;
  };
}

/** The exporter reads them for its own agent, which ours replaces, and says what it cannot read. */
function certificates(): { ca?: Buffer; cert?: Buffer; key?: Buffer } {
  return {
    ca: fileOf(variables('CERTIFICATE')),
    cert: fileOf(variables('CLIENT_CERTIFICATE')),
    key: fileOf(variables('CLIENT_KEY')),
  };
}

function fileOf(names: readonly string[]): Buffer | undefined {
  const [, path] = firstSet(process.env, names);
  if (path === '') return undefined;
  try {
    return readFileSync(resolve(process.cwd(), path));
  } catch {
    // Said by the exporter, which goes on without it.
    return undefined;
  }
}
