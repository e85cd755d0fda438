/** A TLS handshake as an adapter would make it, and what is wrong when it fails. Nothing is sent after it. */
import { readFileSync } from 'node:fs';
import { isIP, type Socket } from 'node:net';
import { resolve } from 'node:path';
import { type ConnectionOptions, connect, createSecureContext, type TLSSocket } from 'node:tls';
import { reasonOf } from '../errors.ts';
import { Problem } from './problem.ts';

/** A file in PEM, and the variable that names it. */
interface PemFile {
  readonly variable: string;
  readonly path: string;
}

/** What the environment says of certificates. Without it: Node's own authorities, and no client certificate. */
export interface TlsSettings {
  /** Of the names of the variables: what comes before `CERTIFICATE`. */
  readonly prefix: string;
  /** ALPN: gRPC servers insist on it. */
  readonly protocol: 'h2' | 'http/1.1';
  readonly ca: PemFile | undefined;
  readonly cert: PemFile | undefined;
  readonly key: PemFile | undefined;
}

export interface SecureTarget {
  readonly host: string;
  readonly port: number;
  /** What sets the address. */
  readonly variable: string;
  readonly settings: TlsSettings | undefined;
}

/** ms for one destination. */
const LIMIT = 3000;
/** ms in which a server that refuses the client's certificate says so: with TLS 1.3 that comes after the handshake. */
const REFUSAL_LIMIT = 2500;

/** Resolves when the handshake is over on both sides. @throws Problem, or the error of the connection. */
export async function connectSecurely(target: SecureTarget): Promise<void> {
  const { host, port, settings } = target;
  const options: ConnectionOptions = {
    host,
    port,
    secureContext: contextOf(settings),
    ...(!isIP(host) && { servername: host }),
    ...(settings && { ALPNProtocols: [settings.protocol] }),
  };
  let isShaken = false;
  const whenShaken = (socket: TLSSocket) => {
    isShaken = true;
    return isAccepted(socket);
  };
  try {
    await opened(connect(options), 'secureConnect', whenShaken);
  } catch (error) {
    // Some servers hang up without a word on clients that they do not know.
    throw isShaken ? refused(error as NodeJS.ErrnoException, settings) : explain(error as Refusal, target);
  }
}

/** Waits for the event, then for `after`, and closes the socket. Rejects when that takes over 3 s. */
export function opened<T extends Socket>(
  socket: T,
  event: 'connect' | 'secureConnect',
  after: (socket: T) => Promise<void> = async () => undefined,
): Promise<void> {
  return new Promise<void>((settle, reject) => {
    socket.setTimeout(LIMIT, () => reject(new Error(`no answer within ${LIMIT} ms`)));
    socket.on('error', reject);
    socket.once(event, () => after(socket).then(settle, reject));
  }).finally(() => socket.destroy());
}

/** A server that sends a session ticket, or nothing at all for a while, has accepted the client. */
function isAccepted(socket: TLSSocket): Promise<void> {
  if (socket.getProtocol() !== 'TLSv1.3') return Promise.resolve();
  return new Promise((settle, reject) => {
    const timer = setTimeout(settle, REFUSAL_LIMIT);
    socket.once('session', settle);
    socket.once('close', () => reject(new Error('it closed the connection after the handshake')));
    socket.once('close', () => clearTimeout(timer));
    socket.resume();
  });
}

function contextOf(settings: TlsSettings | undefined) {
  const { prefix, ca, cert, key } = settings ?? {};
  if ((cert === undefined) !== (key === undefined)) {
    const missing = cert ? 'CLIENT_KEY' : 'CLIENT_CERTIFICATE';
    throw new Problem(`${(cert ?? key)!.variable} is set alone`, `Set ${prefix}${missing} too`);
  }
  const pems = { ca: read(ca), cert: read(cert), key: read(key) };
  try {
    return createSecureContext(pems);
  } catch (error) {
    const files = `${cert?.path} and ${key?.path}`;
    const remedy = `Correct ${cert?.variable} and ${key?.variable}: both are PEM, and belong together`;
    throw new Problem(`the client certificate cannot be used (${files}: ${reasonOf(error)})`, remedy);
  }
}

function read(file: PemFile | undefined): Buffer | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(resolve(file.path));
  } catch (error) {
    throw new Problem(reasonOf(error), `Correct ${file.variable}`);
  }
}

const UNTRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
]);
/** What servers say to a client that has no certificate, or one that they do not know. */
const CLIENT_REFUSED = /ALERT_(CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_UNKNOWN)/;

/** Node adds the certificate that it does not take. */
type Refusal = NodeJS.ErrnoException & { readonly cert?: { readonly subjectaltname?: string } };

/** The same error where nothing is known of it. */
function explain(error: Refusal, { variable, settings }: SecureTarget): Error {
  const { code = '', message, cert } = error;
  if (UNTRUSTED.has(code)) return untrusted(code, settings);
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return new Problem(
      `its certificate is for another name (${cert?.subjectaltname ?? message})`,
      `Use that in ${variable}`,
    );
  }
  if (code === 'CERT_HAS_EXPIRED') return new Problem('its certificate has expired', 'Renew it there');
  if (code === 'CERT_NOT_YET_VALID') {
    return new Problem('its certificate is not valid yet', 'Set the clock of this machine, or renew it there');
  }
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG') {
    return new Problem('it does not speak TLS', `Begin ${variable} with http://, or turn TLS on there`);
  }
  return CLIENT_REFUSED.test(code) ? refused(error, settings) : error;
}

function untrusted(code: string, settings: TlsSettings | undefined): Problem {
  const { ca, prefix } = settings ?? {};
  if (ca) {
    const remedy = `Correct ${ca.variable}: it is the file of the authority that signed it`;
    return new Problem(`its certificate is not from the authority in ${ca.path} (${code})`, remedy);
  }
  const variable = prefix ? `${prefix}CERTIFICATE` : 'NODE_EXTRA_CA_CERTS';
  return new Problem(`its certificate is not trusted (${code})`, `Set ${variable} to the file of its authority`);
}

function refused({ code, message }: NodeJS.ErrnoException, settings: TlsSettings | undefined): Problem {
  const { cert, prefix } = settings ?? {};
  const reason = code ?? message;
  if (cert) {
    return new Problem(`it refuses the client certificate in ${cert.path} (${reason})`, `Correct ${cert.variable}`);
  }
  const remedy = prefix
    ? `Set ${prefix}CLIENT_CERTIFICATE and ${prefix}CLIENT_KEY`
    : 'This adapter has none: put a proxy in between';
  return new Problem(`it wants a client certificate (${reason})`, remedy);
}
