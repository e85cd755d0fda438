/**
 * The main thread's part in telling its stack: called by the reporter thread's inspector session, between two steps of
 * whatever the app is doing. Uses nothing that the app may have replaced.
 */
import { getHeapStatistics } from 'node:v8';
import { now } from '../clock.ts';
import { frameLine, type StackArea } from '../store/stack-area.ts';

/** Frames that are told, from the innermost. */
const FRAMES = 100;
/** The first ones: `callSites`, the teller, and the question itself. */
const OWN_FRAMES = 3;

const V8Error = globalThis.Error;
const { defineProperty, deleteProperty, getOwnPropertyDescriptor } = Reflect;

/** V8's stack trace API, with what `@types/node` leaves out. */
interface CallSite extends NodeJS.CallSite {
  isAsync(): boolean;
  getEnclosingLineNumber(): number;
  getEnclosingColumnNumber(): number;
}

/**
 * Makes the function that answers question `number` into the area. It never throws; it leaves the area as it is where V8
 * does not tell, as while it formats another error.
 *
 * @param beat the last beat of this thread's map
 * @param note what this thread has to say beside: called first, must not throw
 */
export function stackTeller(
  area: StackArea,
  beat: () => number,
  note: () => void = () => {},
): (number: number) => void {
  return (number) => {
    const begin = now();
    note();
    let text = '';
    try {
      const sites = callSites();
      // Callers that await are told after those on the stack: they do not run.
      for (let i = OWN_FRAMES; i < sites.length && !sites[i]!.isAsync(); i++) text += lineOf(sites[i]!);
    } catch {
      // `Error` is frozen, or its settings are: the stack stays untold.
      text = '';
    }
    area.write(number, text, { beat: beat(), heapUsed: getHeapStatistics().used_heap_size, took: now() - begin });
  };
}

function lineOf(site: CallSite): string {
  return frameLine({
    function: site.getFunctionName() ?? '',
    url: site.getFileName() ?? '',
    line: site.getLineNumber() ?? 0,
    column: site.getColumnNumber() ?? 0,
    startLine: site.getEnclosingLineNumber(),
    startColumn: site.getEnclosingColumnNumber(),
  });
}

/** Between setting and restoring, no code of the app runs. Accessors are left alone: their setters would be such code. */
function callSites(): readonly CallSite[] {
  const prepare = getOwnPropertyDescriptor(V8Error, 'prepareStackTrace');
  const limit = getOwnPropertyDescriptor(V8Error, 'stackTraceLimit');
  const value = (_error: Error, sites: NodeJS.CallSite[]) => sites;
  try {
    defineProperty(V8Error, 'prepareStackTrace', { value, writable: true, enumerable: true, configurable: true });
    defineProperty(V8Error, 'stackTraceLimit', { value: FRAMES, writable: true, enumerable: true, configurable: true });
    const sites: unknown = new V8Error().stack;
    return typeof sites === 'object' ? (sites as CallSite[]) : [];
  } finally {
    restore('prepareStackTrace', prepare);
    restore('stackTraceLimit', limit);
  }
}

function restore(key: 'prepareStackTrace' | 'stackTraceLimit', descriptor: PropertyDescriptor | undefined): void {
  if (descriptor) defineProperty(V8Error, key, descriptor);
  else deleteProperty(V8Error, key);
}
