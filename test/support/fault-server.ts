/** An HTTP or TCP server on one loopback port that goes away, hangs or talks nonsense on demand. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { freePort } from './ports.ts';

type Listening = Server | TcpServer;
type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export class FaultServer {
  readonly port: number;
  readonly url: string;
  readonly #make: () => Listening;
  readonly #sockets = new Set<Socket>();
  #server: Listening | undefined;
  /** One change at a time: a server that goes down while it comes up would stay. */
  #changes: Promise<void> = Promise.resolve();

  private constructor(port: number, scheme: string, make: () => Listening) {
    this.port = port;
    this.url = `${scheme}://127.0.0.1:${port}`;
    this.#make = make;
  }

  static start(answer: Answer): Promise<FaultServer> {
    return FaultServer.#open('http', () => createServer(answer));
  }

  static startTcp(onSocket: (socket: Socket) => void): Promise<FaultServer> {
    return FaultServer.#open('tcp', () => createTcpServer(onSocket));
  }

  static async #open(scheme: string, make: () => Listening): Promise<FaultServer> {
    const server = new FaultServer(await freePort(), scheme, make);
    await server.up();
    return server;
  }

  up(): Promise<void> {
    return this.#become(this.#make());
  }

  /** Connects and never answers; what is sent is left unread. */
  hang(): Promise<void> {
    return this.#become(createTcpServer((socket) => socket.pause()));
  }

  /** Answers what is no HTTP. */
  wrong(): Promise<void> {
    return this.#become(createTcpServer((socket) => socket.end('SSH-2.0-Nonsense\r\n\0\0\0\r\n')));
  }

  down(): Promise<void> {
    return this.#change(() => this.#end());
  }

  #change(change: () => Promise<void>): Promise<void> {
    const changed = this.#changes.then(change);
    this.#changes = changed.catch(() => undefined);
    return changed;
  }

  async #end(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }

  #become(server: Listening): Promise<void> {
    return this.#change(() => this.#begin(server));
  }

  async #begin(server: Listening): Promise<void> {
    await this.#end();
    server.on('connection', (socket: Socket) => {
      if (this.#server !== server) socket.destroy();
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(this.port, '127.0.0.1', resolve);
    });
  }
}
