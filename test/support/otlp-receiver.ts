/** An OTLP metrics receiver on loopback: HTTP with protobuf or JSON, or gRPC, with or without TLS, with faults on demand. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { Metadata, Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import { type OtlpContent, readContent } from './otlp-model.ts';
import { readMetricsRequest, writeMetricsResponse, writeRetryStatus } from './otlp-protobuf.ts';

/**
 * What happens to one request. `reset`: the connection breaks once it was read; `hang`: it is never answered; `lose`: it
 * is taken, then the connection breaks. None of the others takes it, but `partial` and `garbage`.
 */
export type Fault =
  | 'reset'
  | 'hang'
  | 'lose'
  | 'garbage'
  | { readonly status: number; readonly retryAfter?: string }
  | { readonly rejected: number; readonly message: string };

export interface ReceivedRequest extends OtlpContent {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly encoding: string;
}

export interface OtlpReceiver {
  readonly port: number;
  /** Without a path. */
  readonly url: string;
  /** Taken. */
  readonly requests: readonly ReceivedRequest[];
  /** One for each coming request; none left, all is well. */
  readonly faults: Fault[];
  /** Requests that came, taken or not. */
  readonly seen: () => number;
  close(): Promise<void>;
}

export interface ReceiverOptions {
  readonly port?: number;
  /** With `ca`, clients need a certificate. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string };
  /** HTTP only: each request that was taken, before it is answered. */
  onTaken?(request: ReceivedRequest): void;
}

export function startReceiver(protocol: string, options: ReceiverOptions = {}): Promise<OtlpReceiver> {
  return protocol === 'grpc' ? startGrpcReceiver(options) : startHttpReceiver(options);
}

export async function startHttpReceiver({ port = 0, tls, onTaken }: ReceiverOptions = {}): Promise<OtlpReceiver> {
  const requests: ReceivedRequest[] = [];
  const faults: Fault[] = [];
  let seen = 0;
  const onRequest = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    seen++;
    const fault = faults.shift();
    if (fault === undefined || fault === 'lose' || fault === 'garbage' || isPartial(fault)) {
      const taken = receive(request, Buffer.concat(chunks));
      requests.push(taken);
      onTaken?.(taken);
    }
    answer(response, request.headers['content-type'] === 'application/json', fault);
  };
  const tlsOptions = tls && { ...tls, requestCert: tls.ca !== undefined, rejectUnauthorized: tls.ca !== undefined };
  const server = tlsOptions ? createTlsServer(tlsOptions, onRequest) : createServer(onRequest);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const bound = (server.address() as AddressInfo).port;
  return {
    port: bound,
    url: `${tls ? 'https' : 'http'}://localhost:${bound}`,
    requests,
    faults,
    seen: () => seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function isPartial(fault: Fault): fault is { readonly rejected: number; readonly message: string } {
  return typeof fault === 'object' && 'rejected' in fault;
}

function receive(request: IncomingMessage, body: Buffer): ReceivedRequest {
  const encoding = String(request.headers['content-encoding'] ?? 'identity');
  const bytes = encoding === 'gzip' ? gunzipSync(body) : body;
  const isJson = request.headers['content-type'] === 'application/json';
  const content = readContent(isJson ? JSON.parse(bytes.toString()) : readMetricsRequest(bytes));
  const problems = [...content.problems];
  if (request.method !== 'POST' || request.url !== '/v1/metrics') problems.push(`${request.method} ${request.url}`);
  return { ...content, problems, headers: request.headers, encoding };
}

function answer(response: ServerResponse, isJson: boolean, fault: Fault | undefined): void {
  if (fault === 'hang') return;
  if (fault === 'reset' || fault === 'lose') {
    (response.socket as Socket).resetAndDestroy();
    return;
  }
  if (fault === 'garbage') {
    response.end('\xff<html>not what you expect</html>');
    return;
  }
  if (fault !== undefined && !isPartial(fault)) {
    response.writeHead(fault.status, fault.retryAfter === undefined ? {} : { 'Retry-After': fault.retryAfter });
    response.end('no');
    return;
  }
  const partial = fault && { rejectedDataPoints: String(fault.rejected), errorMessage: fault.message };
  response.end(isJson ? JSON.stringify(partial ? { partialSuccess: partial } : {}) : writeMetricsResponse(fault));
}

const PATH = '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export';

function trailerOf({ status, retryAfter }: { readonly status: number; readonly retryAfter?: string }): Metadata {
  const trailer = new Metadata();
  if (retryAfter !== undefined) {
    trailer.set('grpc-status-details-bin', writeRetryStatus(status, Number(retryAfter)));
  }
  return trailer;
}

/** `status` of a fault is a gRPC status code, and `retryAfter`, in seconds, comes as `google.rpc.RetryInfo`. */
export async function startGrpcReceiver({ port = 0, tls }: ReceiverOptions = {}): Promise<OtlpReceiver> {
  const requests: ReceivedRequest[] = [];
  const faults: Fault[] = [];
  const identity = (bytes: Buffer) => bytes;
  let seen = 0;
  let server = new Server();
  const onCall = (call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>) => {
    seen++;
    const fault = faults.shift();
    if (fault === undefined || fault === 'lose' || fault === 'garbage' || isPartial(fault)) {
      const headers = call.metadata.getMap();
      requests.push({
        ...readContent(readMetricsRequest(call.request)),
        headers,
        encoding: String(call.metadata.get('grpc-encoding')[0] ?? 'identity'),
      });
    }
    if (fault === 'hang') return;
    if (fault === 'reset' || fault === 'lose') restart();
    else if (fault === 'garbage') reply(null, Buffer.from('\xff<html>'));
    else if (fault !== undefined && !isPartial(fault))
      reply({ code: fault.status, details: 'no', metadata: trailerOf(fault) });
    else reply(null, writeMetricsResponse(fault));
  };
  const definition = {
    export: {
      path: PATH,
      requestStream: false,
      responseStream: false,
      requestSerialize: identity,
      requestDeserialize: identity,
      responseSerialize: identity,
      responseDeserialize: identity,
    },
  } as const;
  const listen = (on: number) =>
    new Promise<number>((resolve, reject) => {
      server.addService(definition, { export: onCall });
      server.bindAsync(`127.0.0.1:${on}`, credentials(tls), (error, got) => (error ? reject(error) : resolve(got)));
    });
  const bound = await listen(port);
  let restarting: Promise<unknown> = Promise.resolve();
  const restart = () => {
    server.forceShutdown();
    server = new Server();
    restarting = listen(bound);
  };
  return {
    port: bound,
    url: `${tls ? 'https' : 'http'}://localhost:${bound}`,
    requests,
    faults,
    seen: () => seen,
    close: async () => {
      await restarting;
      server.forceShutdown();
    },
  };
}

function credentials(tls: ReceiverOptions['tls']): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const pair = { cert_chain: Buffer.from(tls.cert), private_key: Buffer.from(tls.key) };
  return ServerCredentials.createSsl(tls.ca === undefined ? null : Buffer.from(tls.ca), [pair], tls.ca !== undefined);
}
