/** An HTTP server on one loopback port that goes away, hangs or talks nonsense on demand. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { freePort } from './ports.ts';

type Listening = Server | TcpServer;

export class FaultServer {
  readonly port: number;
  readonly url: string;
  readonly #answer: (request: IncomingMessage, response: ServerResponse) => void;
  readonly #sockets = new Set<Socket>();
  #server: Listening | undefined;

  private constructor(port: number, answer: (request: IncomingMessage, response: ServerResponse) => void) {
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.#answer = answer;
  }

  static async start(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<FaultServer> {
    const server = new FaultServer(await freePort(), answer);
    await server.up();
    return server;
  }

  up(): Promise<void> {
    return this.#become(createServer(this.#answer));
  }

  /** Connects and never answers; what is sent is left unread. */
  hang(): Promise<void> {
    return this.#become(createTcpServer((socket) => socket.pause()));
  }

  /** Answers what is no HTTP. */
  wrong(): Promise<void> {
    return this.#become(createTcpServer((socket) => socket.end('SSH-2.0-Nonsense\r\n\0\0\0\r\n')));
  }

  async down(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }

  async #become(server: Listening): Promise<void> {
    await this.down();
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.once('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(this.port, '127.0.0.1', resolve);
    });
    this.#server = server;
  }
}
