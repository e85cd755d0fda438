import { readFileSync } from 'node:fs';
import test from 'ava';
import { PANELS } from '../../../src/dashboard/page/panels.ts';

const FEED = readFileSync(new URL('../../../../src/dashboard/feed.ts', import.meta.url), 'utf8');

/** The names of tracks as feed.ts lists them. */
function tracksOfTheFeed(): Set<string> {
  const [, block] = /```\n([\s\S]*?)```/.exec(FEED)!;
  const tracks = new Set<string>();
  for (const [, text] of block!.matchAll(/^ \* (\S.*?)(?: {2}.*)?$/gm)) {
    for (const name of text!.split(', ')) {
      const [, before, list, after] = /^([^{]*)(?:\{([^}]*)\})?(.*)$/.exec(name)!;
      for (const part of list?.split(',') ?? ['']) tracks.add(`${before}${part}${after}`);
    }
  }
  return tracks;
}

/** `duration/{p50,p90}, queue/{p50}` has commas within braces. */
const FEED_TRACKS = (() => {
  const [, block] = /```\n([\s\S]*?)```/.exec(FEED)!;
  const tracks = new Set<string>();
  for (const [, before, list] of block!.matchAll(/([a-z]+(?:\/<?\w+>?)*\/)(?:\{([^}]*)\}|([a-z0-9]+))/g)) {
    for (const part of list?.split(',') ?? []) tracks.add(`${before}${part}`);
  }
  for (const [name] of block!.matchAll(/[a-z]+\/[a-z0-9]+/g)) tracks.add(name);
  return tracks;
})();

test('placeholder', (t) => {
  t.true(tracksOfTheFeed().size > 0);
  t.true(FEED_TRACKS.size > 0);
  t.true(PANELS.length > 0);
});
