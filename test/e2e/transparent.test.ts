import test from 'ava';
import { compare, type Program } from '../support/compared.ts';
import { dial, head, lastHead, readAll, talk } from '../support/connect.ts';

const EXPRESS = (name: string) => `
const express = load('${name}');
const app = express();
app.get('/', (req, res) => res.send('hello'));
app.get('/json', (req, res) => res.json({ a: [1, 2, { b: null }] }));
app.get('/users/:id', (req, res) => res.set('x-id', req.params.id).send('user ' + req.params.id));
app.get('/redirect', (req, res) => res.redirect('/users/1'));
app.get('/throw', () => { throw new Error('thrown <here>'); });
app.get('/next', (req, res, next) => setImmediate(() => next(new TypeError('passed on'))));
app.get('/teapot', (req, res) => res.status(418).type('text').send('short and stout'));
app.get('/half', (req, res) => { res.write('one'); setTimeout(() => res.end('two'), 5); });
app.get('/empty', (req, res) => res.sendStatus(204));
app.get('/cookies', (req, res) => res.cookie('a', 'b c').cookie('d', 'e').end());
app.get('/headers', (req, res) => res.json([req.rawHeaders, req.headers]));
app.post('/echo', express.json(), (req, res) => res.json(req.body));
app.use('/static', express.static(require('node:path').dirname(require.resolve(process.argv[1])), { index: false }));
const nested = express.Router({ mergeParams: true });
nested.get('/team/:team', (req, res) => res.json(req.params));
nested.get('/throw', () => { throw Object.assign(new Error('nested'), { status: 422 }); });
app.use('/org/:org', nested);
settled(() => {});
const server = serve(http.createServer(app));
`;

const FASTIFY = `
const fastify = load('fastify').default ?? load('fastify');
const app = fastify({ logger: false });
app.get('/', async () => 'hello');
app.get('/json', async () => ({ a: [1, 2, { b: null }] }));
app.get('/users/:id', (req, reply) => reply.header('x-id', req.params.id).send('user ' + req.params.id));
app.get('/redirect', (req, reply) => reply.redirect('/users/1'));
app.get('/throw', async () => { throw new Error('thrown <here>'); });
app.get('/next', (req, reply) => setImmediate(() => reply.send(new TypeError('passed on'))));
app.get('/teapot', (req, reply) => reply.code(418).type('text/plain').send('short and stout'));
app.get('/empty', (req, reply) => reply.code(204).send());
app.get('/headers', async (req) => [req.raw.rawHeaders, req.headers]);
app.post('/echo', { schema: { body: { type: 'object', required: ['a'] } } }, async (req) => req.body);
app.get('/half', (req, reply) => {
  reply.hijack();
  reply.raw.write('one');
  setTimeout(() => reply.raw.end('two'), 5);
});
app.register(async (child) => {
  child.addHook('onRequest', async () => {});
  child.get('/team/:team', async (req) => req.params);
  child.get('/throw', async () => { throw Object.assign(new Error('nested'), { statusCode: 422 }); });
}, { prefix: '/org/:org' });
settled(() => {});
app.listen({ port: 0, host: '127.0.0.1' }).then(() => writeSync(3, 'port ' + app.server.address().port + '\\n'));
`;

const JSON_BODY = '{"a":1}';
const post = (path: string, body: string, type = 'application/json') =>
  lastHead(`POST ${path}`, `Content-Type: ${type}`, `Content-Length: ${Buffer.byteLength(body)}`) + body;

const gets = [
  ...['/', '/?a=b', '/json', '/users/7', '/users/%2F', '/users/%', '/redirect', '/throw', '/next', '/teapot'],
  ...['/empty', '/cookies', '/headers', '/half', '/org/acme/team/red', '/org/acme/throw', '/org/acme'],
  ...['/none', '/static/app.cjs', '/static/none', '/static/../package.json', '//'],
];
const talks: readonly string[] = [
  ...gets.map((path) => lastHead(`GET ${path}`)),
  ...['/', '/json', '/throw', '/none', '/static/app.cjs'].map((path) => lastHead(`HEAD ${path}`)),
  lastHead('OPTIONS /users/1'),
  lastHead('DELETE /users/1'),
  lastHead('PROPFIND /'),
  post('/echo', JSON_BODY),
  post('/echo', '{"a":'),
  post('/echo', '[]'),
  post('/echo', 'a=1', 'text/plain'),
  `${lastHead('POST /echo', 'Content-Type: application/json', 'Transfer-Encoding: chunked')}7\r\n{"a":1}\r\n0\r\n\r\n`,
  lastHead('POST /echo', 'Content-Length: 7', 'Content-Type: application/json', 'Expect: 100-continue') + JSON_BODY,
  lastHead('GET /', 'If-None-Match: *'),
  lastHead('GET /', 'X-Request-Start: t=1.5', 'X-Queue-Start: x'),
  'GET / HTTP/1.0\r\n\r\n',
  'GET / HTTP/1.1\r\n\r\n',
  'garbage\r\n\r\n',
  head('GET /') + head('GET /half') + head('HEAD /json') + head('GET /throw') + lastHead('GET /none'),
];

async function converse(port: number, kill: (signal: NodeJS.Signals) => void): Promise<readonly string[]> {
  const answers: string[] = [];
  for (const bytes of talks) {
    const answer = await talk(port, bytes);
    answers.push(answer.replaceAll(/^(date): .*$/gim, '$1: masked'));
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  kill('SIGTERM');
  return answers;
}

const apps: { readonly [name: string]: string } = {
  'Express 5': EXPRESS('express'),
  'Express 4': EXPRESS('express4'),
  'Fastify 5': FASTIFY,
};
for (const [name, source] of Object.entries(apps)) {
  test(`${name}: an app answers byte for byte the same`, async (t) => {
    const { driven, signal, stderr } = await compare(t, { source, drive: converse, env: { NODE_ENV: 'development' } });
    const answers = driven as readonly string[];
    t.is(answers.length, talks.length);
    t.true(answers.every((answer) => answer.startsWith('HTTP/1.1 ')));
    t.regex(answers[7]!, /thrown/);
    if (name.startsWith('Express')) t.regex(answers[7]! + stderr, / at .*app\.cjs:\d+/, 'with its stack');
    t.is(signal, 'SIGTERM');
  });
}

const SERVER = 'const server = serve(http.createServer((req, res) => res.end("ok")));\n';
/** Asks once an agent, if there is one, has had the time to start. */
const ask = async (port: number) => {
  await new Promise((resolve) => setTimeout(resolve, 900));
  return (await talk(port, lastHead('GET /'))).replace(/^Date: .*$/im, '');
};
const PROCESS = `
const seen = process.eventNames().map((name) => [String(name), process.listenerCount(name)]).sort();
for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1', 'uncaughtException', 'unhandledRejection', 'exit',
  'beforeExit', 'warning', 'message', 'worker', 'multipleResolves']) seen.push([name, process.listenerCount(name)]);
console.log(JSON.stringify(seen), process.getActiveResourcesInfo().sort().join());
`;

type Expected = { readonly code: number | null; readonly signal?: NodeJS.Signals; readonly stderr?: RegExp };
const ends: { readonly [name: string]: Program & { readonly expected: Expected } } = {
  'throws before it listens': { source: 'throw new Error("early")', expected: { code: 1, stderr: /early/ } },
  'throws in a timer': {
    source: `${SERVER} settled(() => { throw new TypeError('in a timer'); });`,
    expected: { code: 1, stderr: /TypeError: in a timer/ },
  },
  'throws what is no error': {
    source: `${SERVER} settled(() => { throw { no: 'error' }; });`,
    expected: { code: 1, stderr: /no: 'error'/ },
  },
  'throws in a request': {
    source: `serve(http.createServer(() => { throw new Error('in a request'); })); settled(() => {});`,
    drive: ask,
    expected: { code: 1, stderr: /in a request/ },
  },
  'throws when a response has ended': {
    source: `serve(http.createServer((_, res) => {
      for (const event of ['prefinish', 'finish', 'close']) res.on(event, () => { console.log(event); });
      res.on('close', () => { throw new Error('at the end'); });
      res.end('ok');
    })); settled(() => {});`,
    drive: ask,
    expected: { code: 1, stderr: /at the end/ },
  },
  'does not handle a rejection': {
    source: `${SERVER} settled(() => { Promise.reject(new RangeError('rejected')); });`,
    expected: { code: 1, stderr: /RangeError: rejected/ },
  },
  'handles what is uncaught': {
    source: `${SERVER} process.on('uncaughtException', (error, origin) => { console.log(origin); process.exit(9); });
      settled(() => { throw new Error('caught'); });`,
    expected: { code: 9 },
  },
  'exits with 3': { source: `${SERVER} settled(() => process.exit(3));`, expected: { code: 3 } },
  'sets an exit code and ends': {
    source: `${SERVER} process.on('beforeExit', (code) => console.log('beforeExit', code));
      process.on('exit', (code) => console.log('exit', code));
      settled(() => { process.exitCode = 4; server.close(); });`,
    expected: { code: 4 },
  },
  'never listens and ends': { source: 'console.log("done")', expected: { code: 0 } },
  'goes on at beforeExit, once': {
    source: `${SERVER} let times = 0;
      process.on('beforeExit', () => { console.log(times); if (times++ < 2) setTimeout(() => {}, 10); });
      settled(() => server.close());`,
    expected: { code: 0 },
  },
  'closes when nothing else is active': {
    source: `let served = 0;
      const server = serve(http.createServer((req, res) => setTimeout(() => res.end(String(++served)), 200)));
      const look = setInterval(() => {
        const active = process.getActiveResourcesInfo().filter((name) => !['Timeout', 'PipeWrap'].includes(name));
        if (served === 0 || active.join() !== 'TCPServerWrap') return;
        clearInterval(look);
        server.close(() => process.exitCode = 5);
      }, 20);
      settled(() => {});`,
    drive: ask,
    expected: { code: 5 },
  },
  'gets SIGTERM': {
    source: `${SERVER} settled(() => process.kill(process.pid, 'SIGTERM'));`,
    expected: { code: null, signal: 'SIGTERM' },
  },
  'gets SIGINT': {
    source: `${SERVER} settled(() => process.kill(process.pid, 'SIGINT'));`,
    expected: { code: null, signal: 'SIGINT' },
  },
  'handles SIGTERM by closing': {
    source: `${SERVER} process.on('SIGTERM', () => server.close(() => { console.log('bye'); process.exitCode = 7; }));
      settled(() => process.kill(process.pid, 'SIGTERM'));`,
    expected: { code: 7 },
  },
  aborts: {
    source: `${SERVER} settled(() => process.abort());`,
    expected: { code: null, signal: 'SIGABRT', stderr: /Native stack/ },
  },
  'has its port taken': {
    // Node runs ticks from another line while a further immediate waits, as one does after a garbage collection that a
    // PerformanceObserver watches (the agent's is one): here one always waits, with and without the agent.
    source: `${SERVER} settled(() => {
      setImmediate(() => http.createServer().listen(server.address().port, '127.0.0.1'));
      setImmediate(() => {});
    });`,
    expected: { code: 1, stderr: /EADDRINUSE/ },
  },
};
for (const [name, { expected, ...program }] of Object.entries(ends)) {
  for (const flags of [[], ['--trace-warnings']]) {
    if (flags.length > 0 && expected.code !== 1) continue;
    test(`an app that ${name} ends the same${flags.map((flag) => `, under ${flag}`).join()}`, async (t) => {
      const source = program.source.includes('settled(')
        ? program.source.replace('settled(', `settled(() => {${PROCESS}}); settled(`)
        : PROCESS + program.source;
      const ran = await compare(t, { ...program, source, flags });
      t.is(ran.code, expected.code);
      t.is(ran.signal, expected.signal ?? null);
      t.regex(ran.stderr, expected.stderr ?? /^$/);
    });
  }
}

test('an app with as many listeners as it may have gets no warning because of the agent', async (t) => {
  const source = `
    serve(http.createServer((req, res) => {
      for (const event of ['close', 'finish', 'drain', 'error']) {
        for (let i = event === 'finish' ? 1 : 0; i < 10; i++) res.on(event, () => {});
      }
      for (const event of ['end', 'close', 'error']) {
        for (let i = event === 'end' ? 1 : 0; i < 10; i++) req.on(event, () => {});
      }
      // Node has listeners of its own: one on the response's 'finish', one on 'end', two on the socket's 'close'.
      for (let i = 0; i < 8; i++) req.socket.on('close', () => {});
      req.resume().on('data', () => {});
      setTimeout(() => res.end('ok'), 10);
    }));
    settled(() => {});`;
  for (const flags of [[], ['--trace-warnings']]) {
    const drive: Program['drive'] = async (port, kill) => {
      await new Promise((resolve) => setTimeout(resolve, 900));
      const socket = await dial(port);
      socket.write(lastHead('POST /', 'Content-Length: 2'));
      setTimeout(() => socket.write('ab'), 20);
      const answer = await readAll(socket);
      kill('SIGTERM');
      return answer.replace(/^Date: .*$/im, '');
    };
    const { stderr, driven } = await compare(t, { source, flags, drive });
    t.is(stderr, '');
    t.regex(String(driven), /200 OK/);
  }
});
