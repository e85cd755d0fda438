import test from 'ava';
import { readOptions } from '../../adapters/pushgateway-options.ts';

test('Without anything it is the Pushgateway of this machine', (t) => {
  t.deepEqual(readOptions(undefined, {}), {
    url: 'http://127.0.0.1:9091',
    authorization: undefined,
    job: undefined,
    grouping: [],
    delete: false,
    timeout: 10_000,
  });
});

test('The environment is read, and options win over it', (t) => {
  const env = {
    LOADLINE_PUSHGATEWAY_URL: ' https://push.example/x/ ',
    LOADLINE_PUSHGATEWAY_JOB: 'nightly',
    LOADLINE_PUSHGATEWAY_GROUPING: 'instance=a=b, zone= ,',
    LOADLINE_PUSHGATEWAY_DELETE: 'TRUE',
  };
  const read = readOptions({}, env);
  t.is(read.url, 'https://push.example/x');
  t.is(read.job, 'nightly');
  t.deepEqual(read.grouping, [
    ['instance', 'a=b'],
    ['zone', ''],
  ]);
  t.true(read.delete);
  const options = { url: 'http://h', job: 'j', grouping: { k: 'v' }, delete: false, timeout: 20 };
  const other = readOptions(options, env);
  t.deepEqual({ ...other, authorization: 0 }, { ...options, grouping: [['k', 'v']], authorization: 0 });
});

test('Empty variables count as unset', (t) => {
  const names = ['URL', 'JOB', 'GROUPING', 'DELETE'];
  const env = Object.fromEntries(names.map((name) => [`LOADLINE_PUSHGATEWAY_${name}`, ' ']));
  t.deepEqual(readOptions(null, env), readOptions(undefined, {}));
});

test('All problems come in one error, and no password shows', (t) => {
  const options = {
    url: 'ftp://u:topsecret@h',
    job: '',
    grouping: { job: 'x', __a: 'x', 'a-b': 'x', n: 1 },
    timeout: 1,
  };
  const error = t.throws(() => readOptions(options, { LOADLINE_PUSHGATEWAY_DELETE: 'perhaps' }));
  const { message } = error!;
  for (const part of ['URL', 'job must', '"job"', '"__a"', '"a-b"', 'label n', 'perhaps', '10 to 60000']) {
    t.true(message.includes(part), `${part} in ${message}`);
  }
  t.notRegex(message, /topsecret/);
});

for (const url of ['', 'push:9091', 'http://h?x=1', 'http://h#x', 7, {}]) {
  test(`No URL of a Pushgateway: ${JSON.stringify(url)}`, (t) => {
    t.throws(() => readOptions({ url }, {}), { message: /URL/ });
  });
}

test('A grouping without a value, a list, and a user that is badly encoded are told', (t) => {
  t.throws(() => readOptions({}, { LOADLINE_PUSHGATEWAY_GROUPING: 'instance' }), { message: /name=value/ });
  t.throws(() => readOptions({ grouping: ['a'] }, {}), { message: /object of texts/ });
  t.throws(() => readOptions({ url: 'http://a%ff:b@h' }, {}), { message: /percent-encoded/ });
});

test('A grouping called __proto__ is refused and changes nothing', (t) => {
  t.throws(() => readOptions({}, { LOADLINE_PUSHGATEWAY_GROUPING: '__proto__=x' }), { message: /__proto__/ });
  t.is(({} as Record<string, unknown>).x, undefined);
});
