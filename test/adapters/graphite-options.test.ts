import test from 'ava';
import createGraphite from '../../adapters/graphite.ts';
import { parseOptions } from '../../adapters/graphite-options.ts';

test('without options and environment it is carbon on this machine, tagged', (t) => {
  const { host, port, format, spoolBytes, spoolAge, transport } = parseOptions(undefined, {});
  t.deepEqual(
    { host, port, format, spoolBytes, spoolAge, transport },
    { host: '127.0.0.1', port: 2003, format: 'tagged', spoolBytes: 33554432, spoolAge: 3600, transport: 'socket' },
  );
});

test('the environment is read, and an option wins over it', (t) => {
  const env = { LOADLINE_GRAPHITE_URL: 'tcp://[::1]:99', LOADLINE_GRAPHITE_FORMAT: ' dotted ' };
  t.like(parseOptions({ format: 'tagged' }, env), { host: '::1', port: 99, format: 'tagged' });
  t.like(parseOptions({}, env), { format: 'dotted' });
  t.like(parseOptions({ url: 'tcp://carbon.example' }, env), { host: 'carbon.example', port: 2003 });
});

test('all problems are said at once, each with what it must be', (t) => {
  const error = t.throws(() =>
    parseOptions(
      { url: 'http://x', spoolBytes: 5, colour: 'red', format: {} },
      {
        LOADLINE_GRAPHITE_TEMPLATE: 'x',
        LOADLINE_GRAPHITE_SPOOL_AGE: '1.5',
        LOADLINE_GRAPHITE_TRANSPORT: 'udp',
      },
    ),
  );
  const parts = error!.message.split('; ');
  for (const name of ['option url', 'option spoolBytes', 'option "colour"', 'option format']) {
    t.true(error!.message.includes(name), name);
  }
  for (const name of ['TEMPLATE', 'SPOOL_AGE', 'TRANSPORT'])
    t.true(error!.message.includes(`LOADLINE_GRAPHITE_${name}`));
  t.true(
    parts.every((part) => /must be|remove it|there are/.test(part)),
    error!.message,
  );
});

test('addresses that are none are refused', (t) => {
  for (const url of [
    '',
    'tcp://',
    'tcp://a:0',
    'tcp://a:65536',
    'tcp://a:b',
    'udp://a:1',
    'tcp://a b:1',
    'tcp://[x]:1',
  ]) {
    if (url !== '') t.throws(() => parseOptions({}, { LOADLINE_GRAPHITE_URL: url }), { message: /must be tcp:/ }, url);
    t.throws(() => parseOptions({ url }, {}), { message: /must be tcp:/ }, url);
  }
});

test('the factory rejects', async (t) => {
  const context = { interval: 1000, snapshot: () => Promise.reject(new Error()), count() {}, log() {} };
  await t.throwsAsync(async () => createGraphite({ url: 'nowhere' }, context), { message: /option url is "nowhere"/ });
});
