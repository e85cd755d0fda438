/** Reads busy time and requests in flight until told to end. */
import { parentPort, workerData } from 'node:worker_threads';
import { now } from '../../src/clock.ts';
import { METHODS } from '../../src/store/layout.ts';
import { StoreReader } from '../../src/store/reader.ts';

const reader = new StoreReader((workerData as { buffer: SharedArrayBuffer }).buffer);
const problems = new Set<string>();
let readings = 0;
let seen = 0;
let last = 0;
let ended = false;
parentPort!.on('message', () => {
  ended = true;
});

function readBusy(): void {
  const busy = reader.busySeconds(now());
  if (!(busy >= last)) problems.add(`busy time fell from ${last} to ${busy}`);
  // 22 requests at most are in flight: the integral cannot run ahead of that, whatever was read halfway.
  if (busy > last + 22 * 60) problems.add(`busy time jumped from ${last} to ${busy}`);
  last = busy;
}

function readSlots(): void {
  for (const { start, method, path } of reader.inFlight()) {
    seen++;
    const pad = path.at(-1)!;
    const isWhole = path === `/${start}/`.padEnd(118, pad) && METHODS.includes(method as never) && method !== '_OTHER';
    if (!isWhole) problems.add(`a mixed slot: ${start} ${method} ${path}`);
  }
}

function read(): void {
  for (let i = 0; i < 20; i++) readBusy();
  readSlots();
  readings++;
  if (ended) parentPort!.postMessage({ readings, seen, busy: reader.busySeconds(now()), problems: [...problems] });
  else setImmediate(read);
}
read();
