import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { ADAPTER_CHECKS, checkAdapter, type Received } from '../../src/conformance.ts';
import type { Adapter, AdapterFactory, Snapshot } from '../../src/index.ts';
import { FaultServer } from '../support/fault-server.ts';

type Behaviour = Partial<Adapter>;

/** A backend of lines `name\tkey=value,…\tvalue`, and everything that can go wrong with writing them. */
async function startLines() {
  const lines: string[] = [];
  const server = await FaultServer.start((request, response) => {
    request.setEncoding('utf8');
    let body = '';
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      lines.push(...body.split('\n').filter(Boolean));
      response.end();
    });
  });
  return {
    options: { url: server.url },
    received: async () => lines.map(readLine),
    down: () => server.down(),
    up: () => server.up(),
    hang: () => server.hang(),
    wrong: () => server.wrong(),
    close: () => server.down(),
  };
}

function readLine(line: string): Received {
  const [name = '', tags = '', value = ''] = line.split('\t');
  const attributes = Object.fromEntries(tags.split(',').map((tag) => tag.split('=') as [string, string]));
  const [first = '', ...rest] = value.split(' ');
  return {
    name: name.split(' ')[0]!,
    attributes,
    value: rest.length ? { count: Number(first), sum: Number(rest[0]) } : Number(first),
  };
}

/** Escapes nothing, waits for ever, tells nobody, sends differences of its own that a failure loses. */
const careless: AdapterFactory<{ url: string }> = ({ url }) => {
  let last = 0;
  let closed = false;
  const behaviour: Behaviour = {
    async push(snapshot: Snapshot) {
      const total = snapshot.metrics.find(({ metric }) => metric.kind === 'counter')?.points[0]?.value;
      const lines = snapshot.metrics.flatMap(({ metric, points }) =>
        points.slice(0, 1000).map(({ attributes, value }) => {
          const tags = Object.entries(attributes).map(([key, each]) => `${key}=${each}`);
          const number =
            typeof value === 'number'
              ? metric.kind === 'counter'
                ? value - last
                : Math.fround(value)
              : `${value.counts[0]} 0`;
          return `${metric.name.replace('.too', '')}\t${tags.slice(0, 1)}\t${number}`;
        }),
      );
      if (typeof total === 'number') last = total;
      if (lines.length === 0) throw new Error('nothing to send');
      await fetch(url, { method: 'POST', body: lines.join('\n') });
    },
    async close() {
      if (closed) await new Promise(() => undefined);
      closed = true;
    },
  };
  return behaviour;
};

/** A backend that nothing ever reaches. */
async function startNothing() {
  const nothing = async () => undefined;
  return { options: {}, received: async () => [], down: nothing, up: nothing, hang: nothing, close: nothing };
}

async function becomes(isSo: () => boolean): Promise<void> {
  const limit = Date.now() + 20_000;
  while (!isSo() && Date.now() < limit) await sleep(20);
}

/** Takes everything and delivers nothing. */
const silent: AdapterFactory = () => ({
  push: async (_snapshot, signal) => {
    if (signal.aborted) throw new Error('late');
  },
});

test.serial('an adapter that is careless is found out in every respect in which it is', async (t) => {
  const findings = await checkAdapter({
    factory: careless,
    start: startLines,
    carries: { text: true, kinds: true },
    timeout: 200,
    grace: 300,
    patience: 200,
  });
  const found = new Set(findings.map(({ check }) => check));
  t.log([...found].join(' '));
  for (const check of [
    'delivers-histograms',
    'says-the-kind',
    'keeps-series-apart',
    'keeps-metrics-apart',
    'adds-up',
    'follows-a-fall',
    'survives-an-empty-snapshot',
    'accounts-for-every-point',
    'carries-ten-thousand-series',
    'escapes-values',
    'escapes-names',
    'refuses-what-is-no-number',
    'carries-extreme-numbers',
    'survives-a-backend-that-hangs',
    'closes-twice',
  ])
    t.true(found.has(check), check);
});

test.serial('an adapter that delivers nothing passes almost nothing', async (t) => {
  const findings = await checkAdapter({
    factory: silent,
    start: startLines,
    carries: { kinds: true },
    timeout: 100,
    patience: 50,
  });
  const found = new Set(findings.map(({ check }) => check));
  const passed = ADAPTER_CHECKS.map(({ check }) => check).filter((check) => !found.has(check));
  t.deepEqual(passed, ['can-be-made', 'closes-in-time', 'closes-twice', 'bears-a-push-after-close']);
});

test('an adapter that cannot be made is one finding', async (t) => {
  const broken = [
    () => {
      throw new Error('no');
    },
    () => ({}),
    () => undefined,
    () => ({ push: async () => undefined, wants: { temporality: 'both' } }),
  ];
  for (const factory of broken) {
    const findings = await checkAdapter({ factory: factory as never, start: startLines });
    t.deepEqual(
      findings.map(({ check }) => check),
      ['can-be-made'],
    );
  }
});

test('the backend is closed whatever the adapter does: no start, a late one, a hang in push and close', async (t) => {
  let late = false;
  const factories: AdapterFactory[] = [
    () => {
      throw new Error('no');
    },
    async () => {
      await sleep(5500);
      const close = async () => {
        late = true;
      };
      return { push: async () => undefined, close };
    },
    () => ({ push: () => new Promise(() => undefined), close: () => new Promise(() => undefined) }),
    () => ({ routes: { '/': () => undefined }, close: () => Promise.reject(new Error('never')) }),
  ];
  await Promise.all(
    factories.map(async (factory) => {
      let open = 0;
      const start = async () => {
        open++;
        return { ...(await startNothing()), close: async () => void open-- };
      };
      const findings = await checkAdapter({ factory, start, timeout: 10, grace: 10, patience: 10 });
      t.true(findings.length > 0);
      t.is(open, 0);
    }),
  );
  await becomes(() => late);
  t.true(late, 'an adapter that came too late is closed as well');
});

test('a backend that cannot be started or closed is one finding, not a rejection', async (t) => {
  const fails = () => Promise.reject(new Error('broken backend'));
  for (const start of [fails, async () => ({ ...(await startNothing()), close: fails })]) {
    const findings = await checkAdapter({ factory: silent, start, timeout: 10, grace: 10, patience: 10 });
    t.regex(findings.at(-1)!.found, /broken backend/);
  }
});

test('checks have unique names and name a section of the guide', (t) => {
  t.is(new Set(ADAPTER_CHECKS.map(({ check }) => check)).size, ADAPTER_CHECKS.length);
  for (const { section } of ADAPTER_CHECKS) t.regex(section, /^[1-5]$/);
});
