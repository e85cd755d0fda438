import test from 'ava';
import { readKeys } from '../../../src/cli/top/keys.ts';

const cases: [sent: string, keys: string[], rest?: string][] = [
  ['q', ['q']],
  ['rp?', ['r', 'p', '?']],
  [' ', [' ']],
  ['\t', ['tab']],
  ['\x1b[Z', ['backtab']],
  ['\x1b[A\x1b[B', ['up', 'down']],
  ['\x1bOA', ['up']],
  ['kj', ['up', 'down']],
  ['\x1b[5~\x1b[6~', ['pageup', 'pagedown']],
  ['\x1b[H\x1b[F\x1b[1~\x1b[4~', ['home', 'end', 'home', 'end']],
  ['\x03', ['interrupt']],
  ['\x1a', ['suspend']],
  ['\x0c', ['redraw']],
  // A mouse, a paste, a function key, Alt: nothing of them is a key.
  ['\x1b[<0;12;34M', []],
  ['\x1b[200~', []],
  ['\x1b[15~', []],
  ['\x1bq', []],
  ['\x1b[1;5A', []],
  // What comes in pieces.
  ['\x1b', [], '\x1b'],
  ['r\x1b[', ['r'], '\x1b['],
  ['\x1b[5', [], '\x1b[5'],
  ['\x1bO', [], '\x1bO'],
  ['漢', ['漢']],
  ['constructor', [...'constructor']],
];

test('What a terminal sends becomes keys', (t) => {
  for (const [sent, keys, rest = ''] of cases) t.deepEqual(readKeys(sent), { keys, rest }, JSON.stringify(sent));
});

test('A sequence that comes sign by sign is the same key', (t) => {
  for (const [sent, keys] of cases.filter(([, , rest]) => rest === undefined)) {
    let rest = '';
    const found: string[] = [];
    for (const sign of sent) {
      const read = readKeys(rest + sign);
      found.push(...read.keys);
      rest = read.rest;
    }
    t.deepEqual(found, keys, JSON.stringify(sent));
  }
});
