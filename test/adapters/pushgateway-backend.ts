/** A small Pushgateway: a PUT replaces its group, and one that is no exposition is refused. */
import { text } from 'node:stream/consumers';
import type { Backend, Received } from '../../src/conformance.ts';
import { pointsOfPage } from '../exposition/points.ts';
import { FaultServer } from '../support/fault-server.ts';

export async function startPushgatewayBackend(): Promise<Backend> {
  const groups = new Map<string, Received[]>();
  const server = await FaultServer.start(async (request, response) => {
    const body = await text(request);
    try {
      groups.set(request.url!, pointsOfPage(body));
      response.writeHead(202).end();
    } catch (error) {
      response.writeHead(400).end((error as Error).message);
    }
  });
  return {
    options: { url: server.url },
    received: async () => [...groups.values()].flat(),
    down: () => server.down(),
    up: () => server.up(),
    hang: () => server.hang(),
    wrong: () => server.wrong(),
    close: () => server.down(),
  };
}
