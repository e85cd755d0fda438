import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { installed, loadline, PEER_CONTENDERS } from './contenders.mjs';

const OPTIONS = {
  brief: { type: 'boolean', default: false },
  node: { type: 'string', default: process.execPath },
  dist: { type: 'string', multiple: true, default: [] },
  only: { type: 'string', multiple: true },
  framework: { type: 'string', multiple: true, default: ['http', 'express', 'fastify'] },
  routes: { type: 'string', multiple: true, default: ['1', '100'] },
  seconds: { type: 'string' },
  help: { type: 'boolean', default: false },
};

export const HELP = `npm run bench -- [bench …] [options]

Measures what loadline costs against a bare server and against its peers, and writes bench/RESULTS.md when all benches ran.
Without a name all run, in under 30 minutes. On Linux only: CPU times of other processes are read from /proc.

  request   CPU, throughput and latency of a request
  record    one counter or histogram record
  scrape    an answer with 100 to 100,000 series
  hang      an answer while the main loop is blocked
  startup   time to listening, and memory
  scale     the cost against routes, attribute sets, threads and processes

  --brief               a few seconds each, in which nothing is timed: whether all contenders work
  --node <path>         the Node.js that is measured (default: the one that runs this)
  --dist [name=]<path>  a built loadline, instead of ../lib; several are compared with each other
  --only <contender>    these peers alone, or none (loadline always takes part); several
  --framework <name>    http, express, fastify; several (request)
  --routes <count>      1, 100; several (request)
  --seconds <count>     longest time for one framework of the request bench

The peers are installed by: npm ci --ignore-scripts --prefix bench/peers`;

/**
 * @typedef {ReturnType<typeof settings>} Settings
 * @param {string[]} args
 */
export function settings(args) {
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
  const strangers = values.only?.filter(
    (name) => name !== 'none' && PEER_CONTENDERS.every((peer) => peer.name !== name),
  );
  if (strangers?.length > 0) throw new Error(`there is no contender ${strangers.join(', ')}`);
  const builds = values.dist.length > 0 ? values.dist.map(build) : [loadline()];
  return {
    benches: positionals,
    help: values.help,
    brief: values.brief,
    node: values.node,
    nodeVersion: execFileSync(values.node, ['--version'], { encoding: 'utf8' }).trim(),
    builds,
    peers: PEER_CONTENDERS.filter((peer) => values.only?.includes(peer.name) ?? true),
    narrowed: values.only !== undefined || values.dist.length > 0,
    frameworks: values.framework,
    routes: values.routes.map(Number),
    seconds: values.seconds === undefined ? undefined : Number(values.seconds),
  };
}

/** Names of peers that are not installed. */
export function missing({ peers }) {
  return peers.filter((peer) => installed(peer.package) === undefined).map((peer) => peer.package);
}

/** `name=folder`, or a folder. */
function build(text) {
  const at = text.indexOf('=');
  return at < 0 ? loadline('loadline', text) : loadline(text.slice(0, at), text.slice(at + 1));
}
