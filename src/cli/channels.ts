/** Which diagnostics channels this Node.js publishes, seen by doing what they report. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import http from 'node:http';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Finding } from './check.ts';

const CHANNELS = [
  { name: 'tracing:net.server.listen:asyncEnd', essential: false, without: 'the agent needs start() to begin' },
  { name: 'http.server.request.start', essential: true, without: 'no HTTP metrics' },
  {
    name: 'http2.server.stream.start',
    essential: false,
    without: 'HTTP/2 is measured another way',
  },
] as const;

/** Answers one HTTP/1.1 and one HTTP/2 request over loopback. Never rejects; what cannot be tried was not seen. */
export async function observeChannels(): Promise<Finding[]> {
  const seen = new Set<string | symbol>();
  const see = (_message: unknown, name: string | symbol) => seen.add(name);
  for (const { name } of CHANNELS) subscribe(name, see);
  let failure = '';
  try {
    await askHttp();
    await askHttp2();
  } catch (error) {
    failure = `could not be tried: ${(error as Error).message}; `;
  }
  for (const { name } of CHANNELS) unsubscribe(name, see);
  return CHANNELS.map(({ name, essential, without }) => {
    const there = seen.has(name);
    return { what: name, state: there ? 'yes' : 'no', essential, detail: there ? 'published' : `${failure}${without}` };
  });
}

async function askHttp(): Promise<void> {
  const server = http.createServer((_request, response) => response.end());
  const port = await listen(server);
  try {
    await new Promise<void>((resolve, reject) => {
      const request = http.get({ port, host: '127.0.0.1', agent: false }, (response) => response.resume());
      request.once('close', resolve).once('error', reject);
    });
  } finally {
    server.close();
  }
}

async function askHttp2(): Promise<void> {
  const server = http2.createServer((_request, response) => response.end());
  const session = http2.connect(`http://127.0.0.1:${await listen(server)}`);
  try {
    await new Promise<void>((resolve, reject) => {
      session.once('error', reject);
      session.request({ ':path': '/' }).resume().once('close', resolve).once('error', reject);
    });
  } finally {
    session.close();
    server.close();
  }
}

function listen(server: http.Server | http2.Http2Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
