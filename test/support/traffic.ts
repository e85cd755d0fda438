/** A server that answers in every way there is, and clients that behave in every way there is. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setRoute } from '../../src/probes/set-route.ts';
import { dial, head, lastHead, talk } from './connect.ts';

const BIG = Buffer.alloc(8 << 20, 'x');

/** How the server treats a request, by the first part of its path, which is also its route. */
const manners: { readonly [path: string]: (req: IncomingMessage, res: ServerResponse) => void } = {
  '/ok': (_req, res) => res.end('hello'),
  '/empty': (_req, res) => res.writeHead(204).end(),
  '/same': (_req, res) => res.writeHead(304).end(),
  '/fail': (_req, res) => res.writeHead(500).end('sorry'),
  '/later': (_req, res) => void setTimeout(() => res.end('later'), 5),
  '/parts': (_req, res) => {
    res.write('one');
    setImmediate(() => res.end('two'));
  },
  '/hints': (_req, res) => {
    res.writeEarlyHints({ link: '</a.css>; rel=preload' });
    res.writeProcessing();
    res.end('hinted');
  },
  '/upload': (req, res) => void req.resume().on('end', () => res.end('got it')),
  '/unread': (_req, res) => res.end('did not read it'),
  '/big': (_req, res) => res.end(BIG),
  '/hang': () => {},
  '/stuck-upload': (req) => void req.resume(),
  '/timeout': (_req, res) => void res.setTimeout(20),
  '/destroy-response': (_req, res) => void res.destroy(),
  '/destroy-response-late': (_req, res) => {
    res.write('half');
    setTimeout(() => res.destroy(), 2);
  },
  '/destroy-socket': (req) => void req.socket.destroy(),
  '/destroy-request': (req) => void req.destroy(),
  '/deaf': (req, res) => {
    req.removeAllListeners();
    res.removeAllListeners();
    res.end('nobody listens');
  },
  '/stone-deaf': (req, res) => {
    for (const emitter of [req, res, req.socket]) emitter.removeAllListeners();
    req.socket.end(res.destroy() && '');
  },
};

const answer: RequestListener = (req, res) => {
  const path = `/${req.url!.split('/')[1]}`;
  setRoute(req, path);
  (manners[path] ?? manners['/ok']!)(req, res);
};

/** `plain`: without a listener for what it could be asked to become. */
export function createTrafficServer({ plain = false } = {}): Server {
  const server = createServer(answer);
  server.on('clientError', (_error, socket) => socket.destroy());
  if (plain) {
    server.maxRequestsPerSocket = 3;
    return server;
  }
  server.on('checkContinue', (req: IncomingMessage, res: ServerResponse) => {
    if (req.url === '/refused') {
      setRoute(req, '/refused');
      res.writeHead(417).end();
      return;
    }
    res.writeContinue();
    answer(req, res);
  });
  const take = (_req: IncomingMessage, socket: Socket) => {
    socket.on('error', () => socket.destroy());
    socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhi');
  };
  server.on('upgrade', take);
  server.on('connect', take);
  return server;
}

const WEBSOCKET = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: eA=='];

/** Sends, waits for `milliseconds` or for the first bytes of an answer, and is gone. */
async function leave(port: number, bytes: string, milliseconds: number | 'first byte'): Promise<void> {
  const socket = await dial(port);
  socket.write(bytes);
  if (milliseconds === 'first byte') await Promise.race([once(socket, 'data'), once(socket, 'close')]);
  else await new Promise((resolve) => setTimeout(resolve, milliseconds));
  socket.resetAndDestroy();
  if (!socket.closed) await once(socket, 'close');
}

/** One client's behaviour, and what the books must show for it, by route. */
export interface Habit {
  readonly name: string;
  act(port: number): Promise<unknown>;
  readonly finished?: { readonly [route: string]: number };
  readonly aborted?: { readonly [route: string]: number };
  /** Requests that may end either way: the client races the server. */
  readonly either?: { readonly [route: string]: number };
}

const BODY = 'x'.repeat(2000);
const upload = (path: string) => head(`POST ${path}`, `Content-Length: ${BODY.length}`);
const lastUpload = (path: string, ...more: string[]) => lastHead(`POST ${path}`, 'Content-Length: 2000', ...more);

/** Cheap ones, which make up most of the traffic. */
export const habits: readonly Habit[] = [
  { name: 'GET', act: (port) => talk(port, lastHead('GET /ok')), finished: { '/ok': 1 } },
  { name: 'HEAD', act: (port) => talk(port, lastHead('HEAD /ok')), finished: { '/ok': 1 } },
  {
    name: 'keep-alive and pipelining',
    act: (port) => {
      const paths = ['/ok', '/empty', '/same', '/fail', '/later', '/parts', '/hints', '/ok'];
      return talk(port, paths.map((path) => head(`GET ${path}`)).join('') + lastHead('HEAD /ok'));
    },
    finished: { '/ok': 3, '/empty': 1, '/same': 1, '/fail': 1, '/later': 1, '/parts': 1, '/hints': 1 },
  },
  { name: 'upload', act: (port) => talk(port, lastUpload('/upload') + BODY), finished: { '/upload': 1 } },
  {
    name: 'two uploads, the first unread',
    act: (port) => talk(port, upload('/unread') + BODY + lastUpload('/upload') + BODY),
    finished: { '/unread': 1, '/upload': 1 },
  },
  {
    name: 'Expect: 100-continue, accepted',
    act: (port) => talk(port, lastUpload('/upload', 'Expect: 100-continue') + BODY),
    finished: { '/upload': 1 },
  },
  {
    name: 'Expect: 100-continue, refused',
    act: (port) => talk(port, lastUpload('/refused', 'Expect: 100-continue')),
    finished: { '/refused': 1 },
  },
  { name: 'websocket', act: (port) => talk(port, head('GET /ok', ...WEBSOCKET)) },
  { name: 'CONNECT', act: (port) => talk(port, head('CONNECT example.org:443')) },
  { name: 'gone before the head is complete', act: (port) => leave(port, 'GET /ok HTTP/1.1\r\nHost: ', 0) },
  { name: 'garbage', act: (port) => talk(port, 'garbage\r\n\r\n') },
  { name: 'gone at once', act: (port) => leave(port, head('GET /ok'), 0), either: { '/ok': 1 } },
  { name: 'gone while it hangs', act: (port) => leave(port, head('GET /hang'), 10), aborted: { '/hang': 1 } },
  {
    name: 'gone in the middle of an upload',
    act: (port) => leave(port, `${upload('/stuck-upload')}half`, 10),
    aborted: { '/stuck-upload': 1 },
  },
  {
    name: 'gone while stuck before others that were answered',
    act: (port) => leave(port, head('GET /hang') + head('GET /ok/behind') + head('GET /parts/behind'), 10),
    aborted: { '/hang': 1, '/ok': 1, '/parts': 1 },
  },
  { name: 'timeout', act: (port) => talk(port, head('GET /timeout')), aborted: { '/timeout': 1 } },
  {
    name: 'response destroyed',
    act: (port) => talk(port, head('GET /destroy-response')),
    aborted: { '/destroy-response': 1 },
  },
  {
    name: 'response destroyed half way',
    act: (port) => talk(port, head('GET /destroy-response-late')),
    aborted: { '/destroy-response-late': 1 },
  },
  {
    name: 'socket destroyed',
    act: (port) => talk(port, head('GET /destroy-socket')),
    aborted: { '/destroy-socket': 1 },
  },
  {
    name: 'request destroyed',
    act: (port) => talk(port, head('GET /destroy-request')),
    aborted: { '/destroy-request': 1 },
  },
];

/** Ones that move megabytes or take a second: a few of them are enough. */
export const heavyHabits: readonly Habit[] = [
  { name: '8 MB', act: (port) => talk(port, lastHead('GET /big')), finished: { '/big': 1 } },
  { name: '8 MB dropped', act: (port) => leave(port, head('GET /big'), 'first byte'), aborted: { '/big': 1 } },
  { name: '8 MB not wanted', act: (port) => leave(port, head('GET /big'), 0), aborted: { '/big': 1 } },
  {
    name: '8 MB, and others behind, dropped',
    act: (port) => leave(port, head('GET /big') + head('GET /ok').repeat(3), 'first byte'),
    aborted: { '/big': 1, '/ok': 3 },
  },
  { name: 'listeners removed', act: (port) => leave(port, head('GET /deaf'), 50), either: { '/deaf': 1 } },
  {
    name: 'listeners removed, those of the socket too',
    act: (port) => leave(port, head('GET /stone-deaf'), 50),
    either: { '/stone-deaf': 1 },
  },
];

/** For a server made with `plain`. */
export const plainHabits: readonly Habit[] = [
  {
    name: 'websocket that nobody takes',
    act: (port) => talk(port, lastHead('GET /ok', ...WEBSOCKET.slice(1))),
    finished: { '/ok': 1 },
  },
  { name: 'CONNECT that nobody takes', act: (port) => talk(port, head('CONNECT example.org:443')) },
  {
    name: 'Expect: 100-continue, accepted by Node',
    act: (port) => talk(port, lastUpload('/upload', 'Expect: 100-continue') + BODY),
    finished: { '/upload': 1 },
  },
  {
    name: 'more requests than a socket may have',
    act: (port) => talk(port, head('GET /ok').repeat(4) + lastHead('GET /ok')),
    finished: { '/ok': 3, none: 2 },
  },
];
