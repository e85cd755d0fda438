/** How long a gRPC backend asks to wait: `google.rpc.RetryInfo`, in the trailer `grpc-status-details-bin`. Pure. */

/** `@type` of the detail. */
const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo';

/** A varint as a number, anything with a length as its bytes. */
type Field = readonly [number: number, value: number | Uint8Array];

/**
 * ms, from a `google.rpc.Status` (`google/rpc/status.proto`, `error_details.proto`); undefined when it holds no
 * `RetryInfo` or is none. Never throws.
 */
export function retryDelayOf(status: unknown): number | undefined {
  const info = childrenOf(status, 3).find((detail) => textOf(childrenOf(detail, 1)[0]) === RETRY_INFO);
  const [duration] = childrenOf(childrenOf(info, 2)[0], 1);
  if (!(duration instanceof Uint8Array)) return undefined;
  const [seconds = 0] = childrenOf(duration, 1);
  const [nanoseconds = 0] = childrenOf(duration, 2);
  const delay = Number(seconds) * 1e3 + Number(nanoseconds) / 1e6;
  return Number.isFinite(delay) ? delay : undefined;
}

function textOf(bytes: unknown): string | undefined {
  return bytes instanceof Uint8Array ? Buffer.from(bytes).toString() : undefined;
}

/** The values of one field; none of what is no message. */
function childrenOf(message: unknown, number: number): Field[1][] {
  if (!(message instanceof Uint8Array)) return [];
  return [...fieldsOf(message)].filter(([found]) => found === number).map(([, value]) => value);
}

/** Those before the first that is not understood: all fields that matter are varints or have a length. */
function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1; at < bytes.length; scale *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    return Number.NaN;
  };
  while (at < bytes.length) {
    const tag = varint();
    const value = varint();
    if ((tag & 7) === 0) yield [tag >>> 3, value];
    else if ((tag & 7) === 2 && at + value <= bytes.length) {
      yield [tag >>> 3, bytes.subarray(at, at + value)];
      at += value;
    } else return;
  }
}
