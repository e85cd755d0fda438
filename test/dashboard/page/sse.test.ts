import test from 'ava';
import { EventParser } from '../../../src/dashboard/page/sse.ts';

const STREAM =
  ': hello\nretry: 2000\n\nevent: now\ndata: {"a":1}\n\ndata: x\ndata: y\n\nevent: lost\n\nid: 7\ndata:z\r\n\r\n';
const EVENTS = [
  { event: 'now', data: '{"a":1}' },
  { event: 'message', data: 'x\ny' },
  { event: 'message', data: 'z' },
];

test('Events are read whole, comments and events without data are not', (t) => {
  t.deepEqual(new EventParser().push(STREAM), EVENTS);
});

test('It does not matter where the stream is cut', (t) => {
  for (let size = 1; size < 12; size++) {
    const parser = new EventParser();
    const found = [];
    for (let at = 0; at < STREAM.length; at += size) found.push(...parser.push(STREAM.slice(at, at + size)));
    t.deepEqual(found, EVENTS, `pieces of ${size}`);
  }
});

test('An event that has not ended is none yet', (t) => {
  const parser = new EventParser();
  t.deepEqual(parser.push('event: now\ndata: 1\n'), []);
  t.deepEqual(parser.push('\n'), [{ event: 'now', data: '1' }]);
});
