/** Fastify 4 and 5: the route is known before the first hook of the app runs. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setRoute } from './set-route.ts';

const CHANNEL = 'fastify.initialization';

interface FastifyRequest {
  readonly raw: object;
  /** Absent before Fastify 4.10. */
  readonly routeOptions?: { readonly url?: string };
  /** Read only where `routeOptions` is missing: later versions print a deprecation warning. */
  readonly routerPath?: string;
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

function onInitialization(message: unknown): void {
  const { fastify } = message as { fastify: FastifyInstance };
  fastify.addHook('onRequest', noteRoute);
}

function noteRoute(request: FastifyRequest, _reply: unknown, done: () => void): void {
  const options = request.routeOptions;
  const url = options === undefined ? request.routerPath : options.url;
  if (url !== undefined) setRoute(request.raw, url);
  done();
}
