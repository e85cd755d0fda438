/** The lines of Express that every route test runs against. */
import { createRequire } from 'node:module';
import type express from 'express';

export interface ExpressLine {
  readonly name: string;
  readonly major: 4 | 5;
  readonly express: typeof express;
}

const require = createRequire(import.meta.url);

function line(name: string, module: string): ExpressLine {
  const loaded = require(module) as typeof express & { application: { lazyrouter?: unknown } };
  return { name, major: loaded.application.lazyrouter === undefined ? 5 : 4, express: loaded };
}

/** `LOADLINE_TEST_EXPRESS`: the folder of one more Express to run the same tests against. */
const more = process.env.LOADLINE_TEST_EXPRESS;

export const expressLines: readonly ExpressLine[] = [
  line('Express 4', 'express4'),
  line('Express 5', 'express'),
  ...(more === undefined ? [] : [line(`Express at ${more}`, more)]),
];
