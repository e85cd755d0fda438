import test from 'ava';
import { askedWait } from '../../adapters/otlp-outcome.ts';
import { retryDelayOf } from '../../adapters/otlp-retry-info.ts';
import { seededRandom } from '../exposition/random-snapshot.ts';
import { writeRetryStatus } from '../support/otlp-protobuf.ts';

test('the delay of a RetryInfo is read to the nanosecond, past other details', (t) => {
  for (const seconds of [0, 0.25, 1, 90.5, 3600]) t.is(retryDelayOf(writeRetryStatus(8, seconds)), seconds * 1e3);
});

test('a status that holds no delay gives none', (t) => {
  const whole = writeRetryStatus(14, 2);
  const none = [undefined, 'text', Buffer.alloc(0), Buffer.from('\xff<html>'), whole.subarray(0, 20)];
  for (const status of none) t.is(retryDelayOf(status), undefined);
  t.is(retryDelayOf(Buffer.from(whole.toString('latin1').replace('RetryInfo', 'RetryInfa'), 'latin1')), undefined);
});

test('a damaged status never throws and never gives what is no number', (t) => {
  const random = seededRandom(3);
  let read = 0;
  for (let i = 0; i < 3000; i++) {
    const status = Buffer.from(writeRetryStatus(8, 1.5));
    for (let j = 0; j < 3; j++) status[Math.floor(random() * status.length)] = Math.floor(random() * 256);
    const delay = retryDelayOf(status.subarray(0, Math.ceil(random() * status.length)));
    t.true(delay === undefined || Number.isFinite(delay));
    if (delay !== undefined) read++;
  }
  t.true(read > 0);
});

test('nobody is waited for longer than 5 minutes, and a date that has passed is no wait', (t) => {
  const asked = (retryAfter?: number) =>
    askedWait(undefined, [
      { sent: true, retryAfter: 9e3 },
      { sent: true, retryAfter },
    ]);
  t.is(asked(2000), 2000);
  t.is(asked(1e9), 300_000);
  t.is(asked(-5), undefined);
  t.is(asked(0), undefined);
  t.is(asked(), undefined);
});
