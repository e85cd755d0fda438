/** Checks of a collector's conduct: rounds, deadline, failures (SPEC.md §2, §5.1 to §5.4). */
import type { Sampler, Sink } from '../sampler.ts';
import { COUNTER, type CollectorCheck, check, type Lab, never, pause, TIMEOUT } from './lab.ts';

const { performance } = globalThis;

const good = (lab: Lab): void => {
  lab.add('good', (sink) => sink.put(COUNTER, 1));
};
const survives = (lab: Lab): string | false =>
  lab.value('good', COUNTER) !== 1 && 'the values of a well-behaved sampler are missing';

/** Calls in rounds 1 to `count`, as a text like `1 3 6`. */
async function pattern(lab: Lab, sampler: { calls: number }, count: number): Promise<string> {
  const asked: number[] = [];
  for (let round = 1; round <= count; round++) {
    const before = sampler.calls;
    await lab.round();
    if (sampler.calls > before) asked.push(round);
  }
  return asked.join(' ');
}

const fail = (): never => {
  throw new Error('on purpose');
};
const thenable = (then: PropertyDescriptor): object => Object.defineProperty({}, 'then', then);

const HOSTILE_PROMISES: readonly object[] = [
  thenable({ value: 1 }),
  thenable({ get: fail }),
  thenable({ value: fail }),
  thenable({
    value(resolve: () => void, reject: (error: unknown) => void) {
      resolve();
      reject(new Error('second'));
      resolve();
    },
  }),
];

const GARBAGE: readonly unknown[] = [
  null,
  undefined,
  'text',
  7,
  Symbol('sampler'),
  {},
  { sample() {} },
  { scope: { name: '' }, sample() {} },
  { scope: { name: 'x'.repeat(256) }, sample() {} },
  { scope: { name: 'garbage' }, sample: 'text' },
  {
    get scope() {
      throw new Error('scope');
    },
  },
];

export const CONDUCT: readonly CollectorCheck[] = [
  check('2', 'leaves-the-set-alone', async (lab) => {
    good(lab);
    for (const entry of GARBAGE) lab.addAnything(entry);
    const before = [...lab.samplers];
    await lab.rounds(2);
    const same = before.length === lab.samplers.size && before.every((entry) => lab.samplers.has(entry));
    return same ? survives(lab) : 'the set was changed';
  }),
  check('5.1', 'asks-everyone', async (lab) => {
    lab.add('one', (sink) => sink.put(COUNTER, 1));
    lab.add('two', (sink) => sink.put(COUNTER, 2, { part: 'a' }));
    await lab.round();
    lab.add('three', async (sink) => {
      await pause(1);
      sink.put(COUNTER, 3);
    });
    await lab.round();
    const found = [lab.value('one', COUNTER), lab.value('two', COUNTER, { part: 'a' }), lab.value('three', COUNTER)];
    return found.join() !== '1,2,3' && `expected 1,2,3 from three samplers, got ${found.join()}`;
  }),
  check('5.1', 'asks-concurrently', async (lab) => {
    let open = 0;
    let most = 0;
    const slow = async (sink: Sink): Promise<void> => {
      most = Math.max(most, ++open);
      await pause(5);
      open--;
      sink.put(COUNTER, 1);
    };
    lab.add('good', slow);
    lab.add('other', slow);
    await lab.round();
    return most < 2 ? 'samplers were asked one after the other' : survives(lab);
  }),
  check('5.1', 'one-round-at-a-time', async (lab) => {
    let open = 0;
    let most = 0;
    const sampler = lab.add('good', async (sink) => {
      most = Math.max(most, ++open);
      await pause(5);
      open--;
      sink.put(COUNTER, 1);
    });
    await Promise.all([lab.round(), lab.round(), lab.round()]);
    if (sampler.calls < 1) return 'the sampler was not asked';
    return most !== 1 && `${most} calls of one sampler at once`;
  }),
  check('5.1', 'survives-garbage', async (lab) => {
    for (const entry of GARBAGE) lab.addAnything(entry);
    const { proxy, revoke } = Proxy.revocable<Sampler>({ scope: { name: 'p' }, sample() {} }, {});
    lab.addAnything(proxy);
    revoke();
    good(lab);
    await lab.rounds(2);
    return survives(lab);
  }),
  check('5.1', 'survives-a-changing-set', async (lab) => {
    const victim = lab.add('victim', () => undefined);
    lab.add('changer', () => {
      lab.samplers.delete(victim);
      if (lab.samplers.size < 50) lab.add('new', () => undefined);
    });
    good(lab);
    await lab.rounds(3);
    const asked = victim.calls;
    await lab.round();
    return victim.calls === asked ? survives(lab) : 'a deleted sampler was asked again';
  }),
  check('5.1', 'starts-once', async (lab) => {
    let starts = 0;
    const sampler = lab.add('started', () => starts !== 1 && Promise.reject(new Error('order')), {
      start: () => void starts++,
    });
    await lab.rounds(3);
    if (sampler.calls !== 3) return 'start did not come before the first sample';
    return starts !== 1 && `start was called ${starts} times`;
  }),
  check('5.1', 'survives-a-failing-start', async (lab) => {
    lab.add('good', (sink) => sink.put(COUNTER, 1), { start: fail });
    lab.add('other', () => undefined, { start: () => fail });
    await lab.rounds(2);
    lab.close();
    return survives(lab);
  }),
  check('5.1', 'stops-what-left', async (lab) => {
    let stops = 0;
    const sampler = lab.add('leaver', (sink) => sink.put(COUNTER, 1), { start: () => () => void stops++ });
    await lab.round();
    lab.samplers.delete(sampler);
    await lab.rounds(2);
    if (lab.points('leaver', COUNTER).length > 0) return 'its series are still shown';
    lab.close();
    return stops !== 1 && `stop was called ${stops} times`;
  }),
  check('5.1', 'stops-at-the-end', async (lab) => {
    let stops = 0;
    lab.add('stayer', () => undefined, { start: () => () => void stops++ });
    await lab.round();
    lab.close();
    lab.close();
    return stops !== 1 && `stop was called ${stops} times`;
  }),
  check('5.1', 'never-twice-at-once', async (lab) => {
    const sampler = lab.add('back', never);
    await lab.round();
    lab.samplers.delete(sampler);
    await lab.round();
    lab.samplers.add(sampler);
    await lab.rounds(3);
    return sampler.calls !== 1 && `${sampler.calls} calls while the first had not settled`;
  }),
  check('5.2', 'ends-without-the-late', async (lab) => {
    lab.add('late', never);
    good(lab);
    const started = performance.now();
    await lab.round();
    const took = performance.now() - started;
    if (took < TIMEOUT / 2) return `the round ended after ${took.toFixed(0)} ms, before the deadline`;
    return survives(lab);
  }),
  check('5.2', 'closes-the-sink-at-the-deadline', async (lab) => {
    lab.add('late', async (sink) => {
      sink.put(COUNTER, 1);
      await pause(3 * TIMEOUT);
      sink.put(COUNTER, 2);
    });
    await lab.round();
    await pause(4 * TIMEOUT);
    await lab.round();
    return lab.value('late', COUNTER) !== 1 && `expected 1, got ${lab.value('late', COUNTER)}`;
  }),
  check('5.2', 'closes-the-sink-after-settling', async (lab) => {
    let kept: Sink | undefined;
    lab.add('keeper', (sink, _context, call) => {
      if (call === 1) sink.put(COUNTER, 1);
      else kept?.put(COUNTER, 2);
      kept ??= sink;
    });
    await lab.rounds(2);
    return lab.value('keeper', COUNTER) !== 1 && `expected 1, got ${lab.value('keeper', COUNTER)}`;
  }),
  check('5.2', 'aborts-the-signal', async (lab) => {
    const seen: boolean[] = [];
    let signal: AbortSignal | undefined;
    lab.add('late', (_sink, context) => {
      signal = context.signal;
      seen.push(signal.aborted);
      return never();
    });
    await lab.round();
    seen.push(signal?.aborted === true);
    return seen.join() !== 'false,true' && `aborted before and after the deadline: ${seen.join()}`;
  }),
  check('5.2', 'waits-for-the-old-promise', async (lab) => {
    let settle: () => void = fail;
    const sampler = lab.add('late', (_sink, _context, call) =>
      call === 1 ? new Promise<void>((resolve) => (settle = resolve)) : undefined,
    );
    await lab.rounds(5);
    if (sampler.calls !== 1) return `${sampler.calls} calls while the first had not settled`;
    settle();
    await lab.rounds(2);
    return sampler.calls < 2 && 'it was not asked again after it had settled';
  }),
  check('5.3', 'keeps-what-was-put-before-a-throw', async (lab) => {
    lab.add('thrower', (sink) => {
      sink.put(COUNTER, 1);
      throw new Error('half way');
    });
    lab.add('rejecter', async (sink) => {
      sink.put(COUNTER, 2);
      throw null;
    });
    await lab.round();
    const found = [lab.value('thrower', COUNTER), lab.value('rejecter', COUNTER)].join();
    return found !== '1,2' && `expected 1,2, got ${found}`;
  }),
  check('5.3', 'keeps-what-was-put-before-a-timeout', async (lab) => {
    lab.add('late', (sink) => {
      sink.put(COUNTER, 1);
      return never();
    });
    await lab.round();
    return lab.value('late', COUNTER) !== 1 && `expected 1, got ${lab.value('late', COUNTER)}`;
  }),
  check('5.3', 'keeps-last-values-of-the-failed', async (lab) => {
    lab.add('moody', (sink, _context, call) => {
      if (call > 1) throw new Error('moody');
      sink.put(COUNTER, 1);
    });
    await lab.rounds(30);
    return lab.value('moody', COUNTER) !== 1 && 'the last value is not shown any more';
  }),
  check('5.3', 'backs-off', async (lab) => {
    const thrower = lab.add('thrower', fail);
    const found = await pattern(lab, thrower, 54);
    return found !== '1 3 6 11 20 37 54' && `expected calls in rounds 1 3 6 11 20 37 54, got ${found}`;
  }),
  check('5.3', 'recovers', async (lab) => {
    const moody = lab.add('moody', (_sink, _context, call) => {
      if (call < 3 || call === 5) throw new Error('moody');
    });
    const found = await pattern(lab, moody, 10);
    return found !== '1 3 6 7 8 10' && `expected calls in rounds 1 3 6 7 8 10, got ${found}`;
  }),
  check('5.3', 'survives-hostile-promises', async (lab) => {
    for (const promise of HOSTILE_PROMISES) lab.add('hostile', () => promise);
    good(lab);
    await lab.rounds(2);
    return survives(lab);
  }),
  check('5.4', 'slows-down-what-blocks', async (lab) => {
    const blocker = lab.add('blocker', (_sink, _context, call) => {
      const until = performance.now() + (call <= 3 ? TIMEOUT : 0);
      while (performance.now() < until);
    });
    const found = await pattern(lab, blocker, 5);
    return found !== '1 2 3 5' && `expected calls in rounds 1 2 3 5, got ${found}`;
  }),
];
