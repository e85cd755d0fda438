/**
 * Reads OTLP metrics requests from protobuf: the field numbers and types of opentelemetry-proto 1.x
 * (`metrics/v1/metrics.proto`, `common/v1/common.proto`, `resource/v1/resource.proto`). Fields that those do not have
 * are an error. The result has the shape of OTLP's JSON, with numbers for 64-bit integers.
 */

type Scalar = 'string' | 'bool' | 'int' | 'sint' | 'fixed64' | 'sfixed64' | 'double' | 'bytes';
interface Field {
  readonly name: string;
  readonly type: Scalar | (() => Message);
  readonly repeated?: boolean;
}
type Message = Readonly<Record<number, Field>>;

const one = (name: string, type: Field['type']): Field => ({ name, type });
const many = (name: string, type: Field['type']): Field => ({ name, type, repeated: true });

const ARRAY: Message = { 1: many('values', () => ANY_VALUE) };
const KEY_VALUE: Message = { 1: one('key', 'string'), 2: one('value', () => ANY_VALUE) };
const KEY_VALUES: Message = { 1: many('values', () => KEY_VALUE) };
const ANY_VALUE: Message = {
  1: one('stringValue', 'string'),
  2: one('boolValue', 'bool'),
  3: one('intValue', 'int'),
  4: one('doubleValue', 'double'),
  5: one('arrayValue', () => ARRAY),
  6: one('kvlistValue', () => KEY_VALUES),
  7: one('bytesValue', 'bytes'),
};
const NUMBER_POINT: Message = {
  2: one('startTimeUnixNano', 'fixed64'),
  3: one('timeUnixNano', 'fixed64'),
  4: one('asDouble', 'double'),
  6: one('asInt', 'sfixed64'),
  7: many('attributes', () => KEY_VALUE),
  8: one('flags', 'int'),
};
const HISTOGRAM_POINT: Message = {
  2: one('startTimeUnixNano', 'fixed64'),
  3: one('timeUnixNano', 'fixed64'),
  4: one('count', 'fixed64'),
  5: one('sum', 'double'),
  6: many('bucketCounts', 'fixed64'),
  7: many('explicitBounds', 'double'),
  9: many('attributes', () => KEY_VALUE),
  10: one('flags', 'int'),
  11: one('min', 'double'),
  12: one('max', 'double'),
};
const BUCKETS: Message = { 1: one('offset', 'sint'), 2: many('bucketCounts', 'int') };
const EXPONENTIAL_POINT: Message = {
  1: many('attributes', () => KEY_VALUE),
  2: one('startTimeUnixNano', 'fixed64'),
  3: one('timeUnixNano', 'fixed64'),
  4: one('count', 'fixed64'),
  5: one('sum', 'double'),
  6: one('scale', 'sint'),
  7: one('zeroCount', 'fixed64'),
  8: one('positive', () => BUCKETS),
  9: one('negative', () => BUCKETS),
  10: one('flags', 'int'),
  12: one('min', 'double'),
  13: one('max', 'double'),
  14: one('zeroThreshold', 'double'),
};
const TEMPORALITY = one('aggregationTemporality', 'int');
const GAUGE: Message = { 1: many('dataPoints', () => NUMBER_POINT) };
const SUM: Message = { 1: many('dataPoints', () => NUMBER_POINT), 2: TEMPORALITY, 3: one('isMonotonic', 'bool') };
const HISTOGRAM: Message = { 1: many('dataPoints', () => HISTOGRAM_POINT), 2: TEMPORALITY };
const EXPONENTIAL: Message = { 1: many('dataPoints', () => EXPONENTIAL_POINT), 2: TEMPORALITY };
const METRIC: Message = {
  1: one('name', 'string'),
  2: one('description', 'string'),
  3: one('unit', 'string'),
  5: one('gauge', () => GAUGE),
  7: one('sum', () => SUM),
  9: one('histogram', () => HISTOGRAM),
  10: one('exponentialHistogram', () => EXPONENTIAL),
};
const SCOPE: Message = {
  1: one('name', 'string'),
  2: one('version', 'string'),
  3: many('attributes', () => KEY_VALUE),
};
const SCOPE_METRICS: Message = {
  1: one('scope', () => SCOPE),
  2: many('metrics', () => METRIC),
  3: one('schemaUrl', 'string'),
};
const RESOURCE: Message = { 1: many('attributes', () => KEY_VALUE), 2: one('droppedAttributesCount', 'int') };
const RESOURCE_METRICS: Message = {
  1: one('resource', () => RESOURCE),
  2: many('scopeMetrics', () => SCOPE_METRICS),
  3: one('schemaUrl', 'string'),
};
const REQUEST: Message = { 1: many('resourceMetrics', () => RESOURCE_METRICS) };

/** Throws on anything that is no `ExportMetricsServiceRequest`. */
export function readMetricsRequest(bytes: Uint8Array): Record<string, unknown> {
  return readMessage(Buffer.from(bytes), REQUEST);
}

/** An `ExportMetricsServiceResponse`; empty without a partial success. */
export function writeMetricsResponse(partial?: { readonly rejected: number; readonly message: string }): Buffer {
  if (partial === undefined) return Buffer.alloc(0);
  const text = Buffer.from(partial.message);
  const inner = Buffer.concat([
    Buffer.from([0x08]),
    varint(partial.rejected),
    Buffer.from([0x12]),
    varint(text.length),
  ]);
  return Buffer.concat([Buffer.from([0x0a]), varint(inner.length + text.length), inner, text]);
}

/** A `google.rpc.Status` with a `RetryInfo` of so many seconds, after a detail of another kind. */
export function writeRetryStatus(code: number, seconds: number): Buffer {
  const delay = message(1, Buffer.concat([Buffer.from([0x08]), varint(Math.floor(seconds)), nanosecondsOf(seconds)]));
  const details = [any('google.rpc.ErrorInfo', message(1, 'BUSY')), any('google.rpc.RetryInfo', delay)];
  return Buffer.concat([Buffer.from([0x08]), varint(code), message(2, 'no'), ...details.map((one) => message(3, one))]);
}

function nanosecondsOf(seconds: number): Buffer {
  return Buffer.concat([Buffer.from([0x10]), varint(Math.round((seconds % 1) * 1e9))]);
}

function any(type: string, value: Buffer): Buffer {
  return Buffer.concat([message(1, `type.googleapis.com/${type}`), message(2, value)]);
}

/** A field that has a length. */
function message(field: number, content: string | Buffer): Buffer {
  const bytes = Buffer.from(content as string);
  return Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
}

function readMessage(bytes: Buffer, message: Message): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  const reader = { bytes, at: 0 };
  while (reader.at < bytes.length) {
    const tag = Number(readVarint(reader));
    const field = message[tag >>> 3];
    if (field === undefined) throw new Error(`no field ${tag >>> 3}`);
    const values = readField(reader, field, tag & 7);
    if (!field.repeated) result[field.name] = values[0];
    else if (Array.isArray(result[field.name])) (result[field.name] as unknown[]).push(...values);
    else result[field.name] = values;
  }
  return result;
}

interface Reader {
  readonly bytes: Buffer;
  at: number;
}

/** Several values where a repeated scalar is packed. */
function readField(reader: Reader, { type, repeated }: Field, wire: number): unknown[] {
  const isLength = type === 'string' || type === 'bytes' || typeof type === 'function';
  if (wire !== 2) {
    if (isLength || wire !== wireOf(type)) throw new Error(`wire type ${wire}`);
    return [readScalar(reader, type)];
  }
  const length = Number(readVarint(reader));
  const part = reader.bytes.subarray(reader.at, reader.at + length);
  if (part.length !== length) throw new Error('truncated');
  reader.at += length;
  if (typeof type === 'function') return [readMessage(part, type())];
  if (type === 'string') return [new TextDecoder('utf8', { fatal: true }).decode(part)];
  if (type === 'bytes') return [part];
  if (!repeated) throw new Error('a packed field that is not repeated');
  const values: unknown[] = [];
  for (const inner = { bytes: part, at: 0 }; inner.at < part.length; ) values.push(readScalar(inner, type));
  return values;
}

function wireOf(type: Scalar): number {
  return type === 'fixed64' || type === 'sfixed64' || type === 'double' ? 1 : 0;
}

function readScalar(reader: Reader, type: Scalar): number | boolean {
  if (wireOf(type) === 0) {
    const raw = readVarint(reader);
    if (type === 'bool') return raw !== 0n;
    return type === 'sint' ? Number((raw >> 1n) ^ -(raw & 1n)) : Number(BigInt.asIntN(64, raw));
  }
  const at = reader.at;
  reader.at += 8;
  if (type === 'double') return reader.bytes.readDoubleLE(at);
  return Number(type === 'fixed64' ? reader.bytes.readBigUInt64LE(at) : reader.bytes.readBigInt64LE(at));
}

function readVarint(reader: Reader): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = reader.bytes[reader.at++];
    if (byte === undefined) throw new Error('truncated');
    value |= BigInt(byte & 127) << shift;
    if (byte < 128) return value;
  }
  throw new Error('a varint of more than ten bytes');
}
