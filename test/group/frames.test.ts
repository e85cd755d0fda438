import test from 'ava';
import { FRAME_LIMIT, FrameReader, toFrame } from '../../src/group/frames.ts';
import { random } from '../store/random.ts';

test('frames come out as they went in, however the stream is cut', (t) => {
  const next = random(1);
  const sent = Array.from({ length: 50 }, (_, i) => ({
    head: { i, text: 'é'.repeat(Math.floor(next() * 50)) },
    body: Buffer.alloc(Math.floor(next() * 2000), i),
  }));
  const stream = Buffer.concat(sent.map(({ head, body }) => toFrame(head, body)));
  for (const most of [1, 7, 100, 5000, stream.length]) {
    const got: { head: unknown; body: Buffer }[] = [];
    const reader = new FrameReader((head, body) => got.push({ head, body }));
    for (let at = 0; at < stream.length; ) {
      const size = 1 + Math.floor(next() * most);
      reader.push(stream.subarray(at, at + size));
      at += size;
    }
    t.deepEqual(got, sent);
  }
});

test('a length that no frame has ends the stream before anything is kept', (t) => {
  for (const length of [0, 3, FRAME_LIMIT + 1, 0xffffffff]) {
    const reader = new FrameReader(() => t.fail());
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(length);
    t.throws(() => reader.push(bytes), { message: /a frame of/ });
  }
});

test('a head that is longer than its frame, or no JSON, ends the stream', (t) => {
  const reader = () => new FrameReader(() => t.fail());
  t.throws(() => reader().push(Buffer.from([0, 0, 0, 5, 0, 0, 0, 2, 65])), { message: /a head of 2 bytes/ });
  t.throws(() => reader().push(Buffer.from([0, 0, 0, 6, 0, 0, 0, 2, 65, 65])), { name: 'SyntaxError' });
  t.throws(() => reader().push(Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')));
});

test('a stranger may send little', (t) => {
  let limit = 100;
  const got: unknown[] = [];
  const reader = new FrameReader(
    (head) => got.push(head),
    () => limit,
  );
  const long = toFrame({}, Buffer.alloc(1000));
  limit = 2000;
  reader.push(long);
  limit = 100;
  t.throws(() => reader.push(long));
  t.is(got.length, 1);
  t.throws(() => toFrame({}, Buffer.alloc(FRAME_LIMIT)), { instanceOf: RangeError });
});
