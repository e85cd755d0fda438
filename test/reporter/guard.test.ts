import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import type { GuardedHandler } from '../../src/reporter/answer.ts';
import { isForeign } from '../../src/reporter/foreign.ts';
import { createGuard } from '../../src/reporter/guard.ts';
import { ask, hello, open, run, statusOf } from './running-server.ts';

const TOKEN = 'a-token-of-more-than-16';
const BEARER = { authorization: `Bearer ${TOKEN}` };
const guarded: Record<string, GuardedHandler> = { '/private': (_request, response) => void response.end('private') };

test('on loopback everybody is welcome, whatever is sent as token', (t) => {
  for (const token of ['', TOKEN]) {
    const guard = createGuard(token);
    for (const authorization of [undefined, 'Bearer wrong', BEARER.authorization]) {
      t.is(guard(authorization === undefined ? {} : { authorization }, true), undefined);
    }
  }
});

test('what a front end passed on needs the token on loopback, too', (t) => {
  for (const name of ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via']) {
    t.is(createGuard('')({ [name]: '127.0.0.1' }, true)?.status, 403, name);
    t.is(createGuard(TOKEN)({ [name]: '127.0.0.1' }, true)?.status, 401, name);
    t.is(createGuard(TOKEN)({ [name]: '127.0.0.1', ...BEARER }, true), undefined, name);
  }
});

test('elsewhere only the exact token opens', (t) => {
  const guard = createGuard(TOKEN);
  for (const authorization of [`Bearer ${TOKEN}`, `bearer  ${TOKEN}`, `BEARER ${TOKEN} `]) {
    t.is(guard({ authorization }, false), undefined, authorization);
  }
  const wrong = [
    '',
    TOKEN,
    'Bearer',
    'Bearer ',
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(1)}`,
    `Bearer ${TOKEN.toUpperCase()}`,
    `Bearer ${TOKEN} ${TOKEN}`,
    `Bearer\t${TOKEN}`,
    `Bearer${TOKEN}`,
    `Basic ${TOKEN}`,
    `Token Bearer ${TOKEN}`,
    'Bearer \xe9\xff',
    `Bearer ${'x'.repeat(7000)}`,
  ];
  for (const authorization of wrong) t.is(guard({ authorization }, false)?.status, 401, authorization);
  t.is(guard({}, false)?.status, 401);
});

const basic = (credentials: string) => ({ authorization: `Basic ${Buffer.from(credentials).toString('base64')}` });

test('a browser sends the token as password, of whatever user', (t) => {
  const guard = createGuard(TOKEN);
  for (const user of ['', 'me', 'ünïcode', 'x'.repeat(1000)]) {
    t.is(guard(basic(`${user}:${TOKEN}`), false), undefined, user);
  }
  const lower = basic(`me:${TOKEN}`).authorization.replace('Basic', 'bAsIc');
  t.is(guard({ authorization: lower }, false), undefined);
  t.is(createGuard('with:colon:in:it')(basic('me:with:colon:in:it'), false), undefined);
  const wrong = [
    '',
    ':',
    TOKEN,
    `${TOKEN}:`,
    `${TOKEN}:me`,
    `me:${TOKEN}x`,
    `me:${TOKEN.slice(1)}`,
    `me::${TOKEN}`,
    `me:${TOKEN}\0`,
  ];
  for (const credentials of wrong) t.is(guard(basic(credentials), false)?.status, 401, JSON.stringify(credentials));
  const { authorization } = basic(`me:${TOKEN}`);
  const broken = [
    'Basic',
    'Basic ',
    'Basic *',
    `${authorization}, Basic x`,
    authorization.replace(' ', ''),
    `Basic ${'A'.repeat(7000)}`,
  ];
  for (const each of broken) t.is(guard({ authorization: each }, false)?.status, 401, each);
});

test('an empty password opens nothing where no token is set', (t) => {
  for (const credentials of [':', 'me:', '']) t.is(createGuard('')(basic(credentials), false)?.status, 403);
});

test('what a page of another site asks for is refused, also on loopback and with the token', (t) => {
  const foreign: Record<string, string>[] = [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
    { 'sec-fetch-site': 'same-origin, cross-site' },
    { 'sec-fetch-site': '' },
    { origin: 'http://evil.example' },
    { origin: 'http://127.0.0.1:9465' },
    { origin: 'http://127.0.0.1:9464.evil.example' },
    { origin: 'http://127.0.0.1:9464@evil.example' },
    { origin: 'null' },
    { origin: '' },
    { origin: 'file://' },
    { origin: 'http://evil.example', 'sec-fetch-site': 'same-origin' },
  ];
  for (const headers of foreign) {
    const all = { host: '127.0.0.1:9464', ...headers };
    t.true(isForeign(all), JSON.stringify(headers));
    t.is(createGuard('')(all, true)?.status, 403);
    t.is(createGuard(TOKEN)({ ...all, ...BEARER }, false)?.status, 403);
  }
});

test('a page of our own, a link that is followed and a client that is no browser are welcome', (t) => {
  const ours: Record<string, string>[] = [
    {},
    { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    { origin: 'http://127.0.0.1:9464' },
    { origin: 'https://LOCALHOST:9464', host: 'localhost:9464' },
    { origin: 'http://[::1]:9464', host: '[::1]:9464' },
  ];
  for (const headers of ours) t.false(isForeign({ host: '127.0.0.1:9464', ...headers }), JSON.stringify(headers));
});

test('guarded answers are isolated from other sites, and refused ones as well', async (t) => {
  const { url } = await run(t, { guarded, host: '0.0.0.0', token: TOKEN });
  for (const headers of [{}, BEARER, { ...BEARER, 'sec-fetch-site': 'cross-site' }] as Record<string, string>[]) {
    const { headers: given } = await fetch(`${url}/private`, { headers });
    t.regex(
      given.get('content-security-policy') ?? '',
      /^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'/,
    );
    t.regex(given.get('content-security-policy') ?? '', /frame-ancestors 'none'$/);
    t.is(given.get('cross-origin-opener-policy'), 'same-origin');
    t.is(given.get('cross-origin-resource-policy'), 'same-origin');
    t.is(given.get('referrer-policy'), 'no-referrer');
    t.is(given.get('x-content-type-options'), 'nosniff');
    t.is(given.get('set-cookie'), null);
  }
});

test('without a token nothing opens elsewhere, not even an empty one', (t) => {
  const guard = createGuard('');
  for (const authorization of [undefined, '', 'Bearer', 'Bearer ', 'Bearer x']) {
    t.is(guard(authorization === undefined ? {} : { authorization }, false)?.status, 403);
  }
});

test('bound to loopback a guarded route is served as any other', async (t) => {
  const { url, port } = await run(t, { guarded, token: TOKEN });
  const response = await fetch(`${url}/private`);
  t.deepEqual([response.status, await response.text()], [200, 'private']);
  t.is(response.headers.get('cross-origin-resource-policy'), 'same-origin');
  t.is(statusOf(await ask(t, port, '/private', ['Host: evil.example'])), 403);
  t.is(statusOf(await ask(t, port, '/private', ['Host: evil.example', `Authorization: Bearer ${TOKEN}`])), 403);
});

for (const host of ['0.0.0.0', '::', '::ffff:0.0.0.0']) {
  test(`bound to ${host} a guarded route wants the token, though the client is on loopback`, async (t) => {
    const running = await run(t, { host, guarded, token: TOKEN }).catch((error: NodeJS.ErrnoException) => error);
    if (running instanceof Error) {
      t.true(host.includes(':') && ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(running.code ?? ''), running.message);
      return;
    }
    const get = (headers: Record<string, string>) => fetch(`${running.url}/private`, { headers });
    for (const headers of [{}, { authorization: 'Bearer not-the-token-at-all' }] as Record<string, string>[]) {
      const refused = await get(headers);
      t.is(refused.status, 401);
      t.is(refused.headers.get('www-authenticate'), 'Basic realm="loadline", charset="UTF-8", Bearer');
      const text = await refused.text();
      t.false(text.includes('private') || text.includes(TOKEN));
      t.is(text.split('\n').length, 2);
    }
    const welcome = await get(BEARER);
    t.deepEqual([welcome.status, await welcome.text()], [200, 'private']);
    t.is((await fetch(`${running.url}/metrics`)).status, 200);
    t.is((await fetch(`${running.url}/health`)).status, 200);
  });
}

test('bound elsewhere without a token a guarded route says in one line what to do', async (t) => {
  const { url } = await run(t, { host: '0.0.0.0', guarded });
  const refused = await fetch(`${url}/private`, { headers: BEARER });
  t.is(refused.status, 403);
  t.is(refused.headers.get('www-authenticate'), null);
  t.regex(await refused.text(), /^[^\n]*LOADLINE_TOKEN[^\n]*\n$/);
  t.is((await fetch(`${url}/private`, { method: 'HEAD' })).status, 403);
});

test('an adapter cannot take the place of a guarded route, which is no other path either', async (t) => {
  const routes = { '/private': hello, '/metrics': hello };
  const { url, port } = await run(t, { host: '0.0.0.0', routes, guarded, token: TOKEN });
  t.is((await fetch(`${url}/private`)).status, 401);
  for (const target of ['/private?x', '/private#x', 'http://x/private']) {
    t.is(statusOf(await ask(t, port, target, ['Host: x'])), 401, target);
  }
  for (const target of ['//private', '/private/', '/PRIVATE', '/./private', '/%70rivate']) {
    t.is(statusOf(await ask(t, port, target, ['Host: x'])), 404, target);
  }
});

test('a second Authorization header changes nothing', async (t) => {
  const { port } = await run(t, { host: '0.0.0.0', guarded, token: TOKEN });
  const right = `Authorization: Bearer ${TOKEN}`;
  t.is(statusOf(await ask(t, port, '/private', ['Host: x', 'Authorization: Bearer wrong', right])), 401);
  t.is(statusOf(await ask(t, port, '/private', ['Host: x', right, 'Authorization: Bearer wrong'])), 200);
});

test('a guarded handler that lifts the limit may stream for as long as its client stays', async (t) => {
  let ended = false;
  const stream: GuardedHandler = (_request, response, { lift }) => {
    lift();
    response.once('close', () => {
      ended = true;
    });
    response.write('first');
  };
  const limits = { answerTimeout: 200 };
  const { port } = await run(t, { guarded: { '/stream': stream }, limits });
  const socket = open(t, port);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.write('GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n');
  for (let i = 0; i < 500 && text === ''; i++) await sleep(20);
  t.regex(text, /first/);
  await sleep(600);
  t.false(ended);
  socket.destroy();
  for (let i = 0; i < 200 && !ended; i++) await sleep(20);
  t.true(ended);
});
