/** What is wrong, or was: a bounded list of diagnoses, the same for everybody who reads it. */
import { jsonSafe, shortText } from './json-safe.ts';

/** What a finding is about. `docs/findings.md` describes the evidence of each. */
export type FindingKind = 'stall' | 'stopped' | 'starved' | 'slow-request' | 'process-missing';

export type Severity = 'info' | 'warning' | 'critical';

/** One diagnosis, JSON-able. Stable: fields are only ever added. */
export interface Finding {
  /** Unique in this process; later ones are greater. */
  readonly id: number;
  readonly kind: FindingKind;
  /** Epoch ms, whole. */
  readonly since: number;
  /** Epoch ms, whole; null while it lasts. */
  readonly until: number | null;
  /** Whose it is, as in `loadline.worker`: `main`, or the number of a worker thread. */
  readonly worker: string;
  readonly severity: Severity;
  /** One sentence for people. May show code and paths. */
  readonly title: string;
  /** By kind. */
  readonly evidence: { readonly [key: string]: unknown };
}

/** What whoever found it says; the rest is added. */
export type Found = Omit<Finding, 'id' | 'until'>;

/** A finding that lasts. */
export interface OpenFinding {
  /** More became known: each field that is given takes the place of what was known. */
  update(found: Partial<Found>): void;
  /** It is over since `until` (epoch ms). Idempotent. */
  close(until: number, found?: Partial<Found>): void;
}

/** Findings that are kept; beyond it one of the kind that has most goes, the oldest that is over. */
export const FINDINGS_LIMIT = 200;
/** Longest title, in characters. */
const TITLE_LIMIT = 300;

export class Findings {
  readonly #say: (finding: Finding) => void;
  #list: Finding[] = [];
  #next: number;

  /**
   * @param say told of each finding when it is opened and when it is over
   * @param first the first id; a reporter that takes the place of another one goes on above its ids
   */
  constructor(say: (finding: Finding) => void = () => {}, first = 1) {
    this.#say = say;
    this.#next = first;
  }

  /** Begins a finding. Its title and evidence may be anything of the app: they are copied, and cut to a bounded size. */
  open(found: Found): OpenFinding {
    const id = this.#next++;
    const { kind, since, worker, severity, title, evidence } = safe(found);
    const finding: Finding = { id, kind, since, until: null, worker, severity, title, evidence };
    this.#list = [...this.#list, finding];
    if (this.#list.length > FINDINGS_LIMIT) this.#list = this.#list.toSpliced(this.#leastMissed(), 1);
    this.#say(finding);
    return {
      update: (more) => {
        this.#change(id, safe(more));
      },
      close: (until, more = {}) => {
        const closed = this.#change(id, { ...safe(more), until: Math.round(until) });
        if (closed) this.#say(closed);
      },
    };
  }

  /** Latest first; what lasts is in it. */
  list(): readonly Finding[] {
    return this.#list.toReversed();
  }

  /** The finding as it is then; undefined when it is over already, or forgotten. */
  #change(id: number, more: Partial<Finding>): Finding | undefined {
    const at = this.#list.findIndex((finding) => finding.id === id);
    const known = this.#list[at];
    if (known?.until !== null) return undefined;
    const changed = { ...known, ...more };
    this.#list = this.#list.with(at, changed);
    return changed;
  }

  /** Many findings of one kind do not drive out the few of another. Where all last, the oldest of all goes. */
  #leastMissed(): number {
    const over = this.#list.filter(({ until }) => until !== null);
    const counts = new Map<FindingKind, number>();
    for (const { kind } of over) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    const most = Math.max(...counts.values());
    const index = this.#list.findIndex(({ kind, until }) => until !== null && counts.get(kind) === most);
    return Math.max(0, index);
  }
}

function safe<T extends Partial<Found>>(found: T): T {
  const { since, title, evidence } = found;
  return {
    ...found,
    ...(since !== undefined && { since: Math.round(since) }),
    ...(title !== undefined && { title: shortText(title, TITLE_LIMIT) }),
    ...(evidence !== undefined && { evidence: jsonSafe(evidence) }),
  };
}
