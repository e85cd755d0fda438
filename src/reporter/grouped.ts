/** Makes this process one of its group, where it has one. */
import type { Config } from '../config.ts';
import { describe } from '../errors.ts';
import { stateOf } from '../group/alive.ts';
import { privateDirectory } from '../group/directory.ts';
import { Group } from '../group/group.ts';
import { groupName } from '../group/identity.ts';
import { Meeting } from '../group/meeting.ts';
import type { GroupOptions } from '../group/options.ts';
import type { Trouble } from '../group/watch.ts';
import type { Found } from './findings.ts';

/** What is remembered of processes that ended, as a multiple of the series that a metric may have in one. */
const ROOM = 2;

type Rest = Omit<GroupOptions, 'meeting' | 'aggregate' | 'limit' | 'pushes'>;

/** Undefined where this process is on its own: it shares nothing, or there is no safe place to meet, which is said. */
export function createGroup(config: Config, main: string | undefined, rest: Rest): Group | undefined {
  if (process.platform === 'win32') return undefined;
  const name = groupName(config, main, process.env);
  if (name === undefined) return undefined;
  const directory = privateDirectory();
  if ('problem' in directory) {
    const { path, problem } = directory;
    rest.warn(describe('ERR_LOADLINE_GROUP_DIRECTORY', { path, reason: problem }));
    return undefined;
  }
  const { aggregate, seriesLimit, adapters } = config;
  const pushes = adapters.some((entry) => entry !== 'prometheus');
  return new Group({
    ...rest,
    meeting: new Meeting(directory.path, name),
    aggregate,
    limit: seriesLimit * ROOM,
    pushes,
  });
}

/** What is wrong with another process of the group, at `time` (epoch ms). */
export function findingOf({ kind, slot, pid, silent }: Trouble, time: number): Found {
  const base = { kind: 'process-missing', since: time - silent, worker: String(slot) } as const;
  if (kind === 'process-missing') {
    const title = `process ${pid} ended without a word: it was killed, or it crashed`;
    return { ...base, severity: 'warning', title, evidence: { pid, slot } };
  }
  const state = stateOf(pid);
  const what = state === 'T' || state === 't' ? 'is stopped (SIGSTOP or a debugger)' : 'does not answer';
  const title = `process ${pid} ${what}, with all of its threads`;
  return { ...base, severity: 'critical', title, evidence: { pid, slot, state: state ?? null } };
}
