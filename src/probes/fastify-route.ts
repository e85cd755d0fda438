/** Fastify 4 and 5: the route is known before the first hook of the app runs. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setRoute } from './set-route.ts';

const CHANNEL = 'fastify.initialization';
/** What Fastify calls the symbol under which a request has the route's context. */
const CONTEXT = 'fastify.context';

declare const CONTEXT_KEY: unique symbol;

interface FastifyRequest {
  readonly raw: object;
  /** Absent before Fastify 4.10. A getter that makes a new object of everything that is known of the route. */
  readonly routeOptions?: { readonly url?: string };
  /** Read only where `routeOptions` is missing: later versions print a deprecation warning. */
  readonly routerPath?: string;
  /** What `routeOptions` reads. */
  readonly [CONTEXT_KEY]?: { readonly config?: { readonly url?: string } };
}

interface FastifyInstance {
  addHook(name: 'onRequest', hook: (request: FastifyRequest, reply: unknown, done: () => void) => void): unknown;
}

/**
 * Notes the route of each request to every Fastify instance made from now on: full prefix, no value. A request that
 * Fastify answers with its 404 handler gets none. Returns the function that stops watching for new instances.
 */
export function watchFastify(): () => void {
  subscribe(CHANNEL, onInitialization);
  return () => {
    unsubscribe(CHANNEL, onInitialization);
  };
}

/** Two versions of Fastify in one process have a symbol each, so every instance learns its own. */
function onInitialization(message: unknown): void {
  const { fastify } = message as { fastify: FastifyInstance };
  let key: typeof CONTEXT_KEY | undefined;
  let isLearned = false;
  fastify.addHook('onRequest', (request, _reply, done) => {
    const url = key === undefined ? routeUrl(request) : request[key]?.config?.url;
    if (!isLearned && url !== undefined) {
      isLearned = true;
      key = contextKey(request, url);
    }
    if (url !== undefined) setRoute(request.raw, url);
    done();
  });
}

function routeUrl(request: FastifyRequest): string | undefined {
  const options = request.routeOptions;
  return options === undefined ? request.routerPath : options.url;
}

/** The symbol under which the route's context is, if what is there for this request is the same as its `url`. */
function contextKey(request: FastifyRequest, url: string): typeof CONTEXT_KEY | undefined {
  const found = Object.getOwnPropertySymbols(request).find(({ description }) => description === CONTEXT);
  const key = found as typeof CONTEXT_KEY | undefined;
  return key !== undefined && request[key]?.config?.url === url ? key : undefined;
}
