/** Checks of pushing adapters while their backend is gone, hangs or talks nonsense, and when they are ended. */
import { type AdapterCheck, COUNTER, check, GAUGE, type Lab } from './lab.ts';

const has = (fault: 'down' | 'hang' | 'wrong') => (lab: Lab) =>
  lab.pushes && lab.backend[fault] !== undefined && lab.backend.up !== undefined;
const pushes = (lab: Lab) => lab.pushes;

/** ms for which a closing adapter has to be done in the end. */
const CLOSE_LIMIT = 300;

/** ms that what was pushed may take to arrive before the next interval comes. */
const ARRIVAL = 200;

/**
 * Counts on through a fault. Afterwards the total has to be whole; where each interval arrives by itself, what was
 * counted as dropped or unknown may be missing, and nothing may be there twice.
 */
async function survives(lab: Lab, fault: 'down' | 'hang' | 'wrong', before: readonly number[]) {
  for (const value of before) await lab.show([[COUNTER, value]]);
  await lab.backend[fault]!();
  for (const value of [20, 30]) await lab.show([[COUNTER, value]]);
  await lab.backend.up!();
  let value = 30;
  // An adapter that backs off may need some more intervals, and one that spools a moment for each.
  return lab.until(async () => {
    value += 5;
    await lab.show([[COUNTER, value]]);
    return lab.until(async () => judge(lab, value, await lab.value(COUNTER)), ARRIVAL);
  });
}

function judge(lab: Lab, wanted: number, found: unknown): string | undefined {
  if (found === wanted) return undefined;
  const lost = lab.counts.dropped + lab.counts.unknown > 0;
  if (lab.counters === 'interval' && lost && typeof found === 'number' && found < wanted) return undefined;
  const failures = lab.failures.length > 0 ? ` (${lab.failures.at(-1)})` : '';
  return `afterwards the counter is ${String(found)} instead of ${wanted}${failures}`;
}

/** Counted as something: a fault that leaves no trace is hidden. */
function unseen({ counts }: Lab): string | undefined {
  const seen = counts.failed + counts.dropped + counts.unknown + counts.spooled;
  return seen > 0 || counts.sent > 0 ? undefined : 'no point was counted as anything';
}

export const FAULTS: readonly AdapterCheck[] = [
  check('4', 'survives-an-outage', (lab) => survives(lab, 'down', [10]), has('down')),
  check('4', 'survives-a-late-backend', (lab) => survives(lab, 'down', []), has('down')),
  check('4', 'survives-a-backend-that-hangs', (lab) => survives(lab, 'hang', [10]), has('hang')),
  check('4', 'survives-a-backend-that-is-wrong', (lab) => survives(lab, 'wrong', [10]), has('wrong')),
  check(
    '4',
    'counts-what-fails',
    async (lab) => {
      await lab.backend.down!();
      await lab.show([[COUNTER, 1]]);
      return unseen(lab) ?? (lab.counts.sent > 0 ? 'points were counted as sent to nobody' : undefined);
    },
    has('down'),
  ),
  check(
    '5',
    'closes-in-time',
    async (lab) => {
      await lab.backend.hang!();
      await lab.show([[GAUGE, 1]]);
      const closed = await lab.closeAdapter(CLOSE_LIMIT);
      return closed ? undefined : `close did not settle ${lab.grace} ms after its signal aborted`;
    },
    has('hang'),
  ),
  check('5', 'closes-twice', async (lab) => {
    await lab.show([[GAUGE, 1]]);
    const closed = (await lab.closeAdapter()) && (await lab.closeAdapter());
    return closed ? undefined : 'close did not settle';
  }),
  check(
    '5',
    'delivers-before-it-closes',
    async (lab) => {
      await lab.show([[COUNTER, 77]]);
      await lab.closeAdapter();
      return lab.expect(COUNTER, 77);
    },
    pushes,
  ),
  check(
    '5',
    'bears-a-push-after-close',
    async (lab) => {
      await lab.closeAdapter();
      await lab.show([[COUNTER, 1]]);
      return undefined;
    },
    pushes,
  ),
];
