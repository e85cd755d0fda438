import test from 'ava';
import { Backoff } from '../../src/sampler/backoff.ts';

/** Rounds in which it was due; `act` says how each call went. */
function due(rounds: number, act: (backoff: Backoff, call: number) => void): number[] {
  const backoff = new Backoff();
  const asked: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    if (!backoff.due()) continue;
    asked.push(round);
    act(backoff, asked.length);
  }
  return asked;
}

test('a sampler without fault is due in every round', (t) => {
  t.deepEqual(
    due(4, (backoff) => {
      backoff.blocked(50);
      backoff.succeeded();
    }),
    [1, 2, 3, 4],
  );
});

test('failures leave out 1, 2, 4, 8, 16, 16 rounds', (t) => {
  t.deepEqual(
    due(60, (backoff) => backoff.failed()),
    [1, 3, 6, 11, 20, 37, 54],
  );
});

test('one success forgets all failures', (t) => {
  const asked = due(12, (backoff, call) => (call === 4 ? backoff.succeeded() : backoff.failed()));
  t.deepEqual(asked, [1, 3, 6, 11, 12]);
});

test('three slow calls in a row double the stride, up to 16', (t) => {
  const asked = due(200, (backoff) => {
    backoff.blocked(51);
    backoff.succeeded();
  });
  const strides = asked.slice(1).map((round, i) => round - asked[i]!);
  t.deepEqual(strides.slice(0, 16), [1, 1, 2, 2, 2, 4, 4, 4, 8, 8, 8, 16, 16, 16, 16, 16]);
});

test('each fast call halves the stride', (t) => {
  const asked = due(60, (backoff, call) => {
    backoff.blocked(call <= 9 ? 51 : 1);
    backoff.succeeded();
  });
  const strides = asked.slice(1, 15).map((round, i) => round - asked[i]!);
  t.deepEqual(strides, [1, 1, 2, 2, 2, 4, 4, 4, 8, 4, 2, 1, 1, 1]);
});

test('two slow calls, a fast one and two slow ones slow nothing down', (t) => {
  const asked = due(9, (backoff, call) => {
    t.false(backoff.blocked(call % 3 === 0 ? 1 : 60));
    backoff.succeeded();
  });
  t.is(asked.length, 9);
});

test('a failure does not make a slow sampler due sooner', (t) => {
  const asked = due(20, (backoff, call) => {
    backoff.blocked(60);
    if (call === 6) backoff.failed();
    else backoff.succeeded();
  });
  t.deepEqual(asked.slice(5, 7), [8 + 1, 9 + 4]);
});
