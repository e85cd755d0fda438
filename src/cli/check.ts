/** `loadline check`: what was configured, and what this machine supports. */
import { Worker } from 'node:worker_threads';
import { privateDirectory } from '../group/directory.ts';
import { lookUp } from '../host/thread-pool.ts';
import { access } from './access.ts';
import { observeChannels } from './channels.ts';
import { destinationsOf, reach } from './destinations.ts';
import { hostFindings } from './host-findings.ts';
import { loadModules, modulesOf } from './modules.ts';
import { type PortConfig, port } from './port.ts';

/** One thing that the agent wants of this machine. */
export interface Finding {
  readonly what: string;
  /** `no` and `essential`: the agent cannot work as told. */
  readonly state: 'yes' | 'no';
  readonly essential: boolean;
  /** What was found; for a `no` also what is missing then, or the remedy. */
  readonly detail: string;
}

export interface CheckReport {
  /** Dotted option → its value as JSON. */
  readonly config: readonly (readonly [option: string, value: string])[];
  /** As the agent would print them at start. */
  readonly problems: readonly string[];
  readonly findings: readonly Finding[];
}

/** The part of the configuration that the check itself needs. */
interface CheckedConfig extends PortConfig {
  readonly token: string;
}

/** `parse` of `src/config.ts`. */
export type Parse = (
  options: undefined,
  env: NodeJS.ProcessEnv,
) => { readonly config: CheckedConfig; readonly problems: readonly string[] };

/**
 * Tries things out: starts an empty thread, listens, asks itself over loopback, connects to destinations. Takes about
 * 0.1 s; never rejects. `modules`: adapters of anybody, which the environment cannot name.
 */
export async function collectReport(
  env: NodeJS.ProcessEnv,
  parse: Parse,
  modules: readonly string[] = [],
): Promise<CheckReport> {
  const { config, problems } = parse(undefined, env);
  const findings = [
    nodeVersion(process.versions.node),
    platform(),
    permission(),
    await workers(),
    await port(config, env),
    group(env),
    await access(config),
    ...(await reach(destinationsOf(config.adapters, env))),
    ...(await loadModules([...modulesOf(config.adapters), ...modules])),
    ...(await observeChannels()),
    uvMetrics(),
    await threadPool(),
    ...(await hostFindings()),
  ];
  const shown = { ...config, token: config.token === '' ? '' : '(set, not shown)' };
  return { config: flatten(shown), problems, findings };
}

/** No configuration problem, and nothing essential missing. */
export function isUsable({ problems, findings }: CheckReport): boolean {
  return problems.length === 0 && findings.every(({ state, essential }) => state === 'yes' || !essential);
}

/** The report as lines for people, the last one ended too. Pure. */
export function formatCheck(report: CheckReport): string {
  const options = Math.max(0, ...report.config.map(([option]) => option.length));
  const names = Math.max(0, ...report.findings.map(({ what }) => what.length));
  const lines = [
    'configuration',
    ...report.config.map(([option, value]) => `  ${option.padEnd(options)}  ${value}`),
    ...report.problems.map((problem) => `  problem: ${problem}`),
    'this machine',
    ...report.findings.map((finding) => {
      const state = finding.state === 'no' && finding.essential ? 'NO ' : finding.state.padEnd(3);
      return `  ${state}  ${finding.what.padEnd(names)}  ${finding.detail}`.trimEnd();
    }),
    isUsable(report)
      ? 'loadline can work here.'
      : 'loadline cannot work here as configured: see "problem" and "NO" above.',
  ];
  return `${lines.join('\n')}\n`;
}

/** `^20.19 || ^22.12 || >=24`, as in package.json. */
export function nodeVersion(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const supported = major >= 24 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19);
  const detail = supported ? version : `${version}: install Node.js 20.19, 22.12, 24 or newer`;
  return { what: 'Node.js', state: supported ? 'yes' : 'no', essential: true, detail };
}

function platform(): Finding {
  const linux = process.platform === 'linux';
  const name = `${process.platform} ${process.arch}`;
  const detail = linux ? name : `${name}: what Linux tells in /proc is absent`;
  return { what: 'platform', state: linux ? 'yes' : 'no', essential: false, detail };
}

function permission(): Finding {
  const on = process.permission !== undefined;
  const detail = on ? 'the permission model is on: allow worker threads, network and reading /proc' : 'not restricted';
  return { what: 'permissions', state: on ? 'no' : 'yes', essential: false, detail };
}

async function workers(): Promise<Finding> {
  const what = 'worker threads';
  try {
    const worker = new Worker('', { eval: true, execArgv: [], env: {} });
    await new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject));
    return { what, state: 'yes', essential: true, detail: 'allowed' };
  } catch (error) {
    return { what, state: 'no', essential: true, detail: `${(error as Error).message} (--allow-worker allows them)` };
  }
}

/** Where several processes of a service meet, to be seen as one. */
function group(env: NodeJS.ProcessEnv): Finding {
  const directory = privateDirectory(env);
  const what = 'group folder';
  if (!('problem' in directory)) return { what, state: 'yes', essential: false, detail: directory.path };
  const { path, problem } = directory;
  return { what, state: 'no', essential: false, detail: `${path}: ${problem}. Each process serves by itself` };
}

function uvMetrics(): Finding {
  const there = 'uvMetricsInfo' in performance.nodeTiming;
  const detail = there ? '' : 'no loadline.eventloop.events (Node.js 20.18 or 22.8 and newer have it)';
  return { what: 'uvMetricsInfo', state: there ? 'yes' : 'no', essential: false, detail };
}

/** The probe's own no-op: denied, it would not get as far as the pool. */
async function threadPool(): Promise<Finding> {
  const what = 'thread pool delay';
  const error = await new Promise<Error | null>((resolve) => lookUp(resolve));
  const detail = error === null ? 'measured' : `absent: ${error.message}`;
  return { what, state: error === null ? 'yes' : 'no', essential: false, detail };
}

function flatten(value: object, prefix = ''): [string, string][] {
  return Object.entries(value).flatMap(([key, part]): [string, string][] =>
    typeof part === 'object' && part !== null && !Array.isArray(part) && Object.keys(part).length > 0
      ? flatten(part, `${prefix}${key}.`)
      : [[`${prefix}${key}`, JSON.stringify(part)]],
  );
}
