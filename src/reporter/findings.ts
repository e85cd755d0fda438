/** What is wrong, or was: a bounded list of diagnoses, the same for everybody who reads it. */

/** What a finding is about. `docs/findings.md` describes the evidence of each. */
export type FindingKind = 'stall' | 'stopped' | 'starved' | 'slow-request' | 'process-missing';

export type Severity = 'info' | 'warning' | 'critical';

/** One diagnosis, JSON-able. Stable: fields are only ever added. */
export interface Finding {
  /** Unique in this process; later ones are greater. */
  readonly id: number;
  readonly kind: FindingKind;
  /** Epoch ms. */
  readonly since: number;
  /** Epoch ms; null while it lasts. */
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
  /** More became known. */
  update(found: Partial<Found>): void;
  /** It is over since `until` (epoch ms). Idempotent. */
  close(until: number, found?: Partial<Found>): void;
}

/** Findings that are kept; beyond it the oldest that are over go first. */
export const FINDINGS_LIMIT = 200;

export class Findings {
  readonly #say: (finding: Finding) => void;
  #list: Finding[] = [];
  #next = 1;

  /** @param say told of each finding when it is opened and when it is over */
  constructor(say: (finding: Finding) => void = () => {}) {
    this.#say = say;
  }

  /** Begins a finding. */
  open(found: Found): OpenFinding {
    const id = this.#next++;
    this.#set({ ...found, id, until: null });
    this.#say(this.#get(id)!);
    return {
      update: (more) => {
        const known = this.#get(id);
        if (known?.until === null) this.#set({ ...known, ...more });
      },
      close: (until, more) => {
        const known = this.#get(id);
        if (known?.until !== null) return;
        this.#set({ ...known, ...more, until });
        this.#say(this.#get(id)!);
      },
    };
  }

  /** Latest first; what lasts is in it. */
  list(): readonly Finding[] {
    return this.#list.toReversed();
  }

  #get(id: number): Finding | undefined {
    return this.#list.find((finding) => finding.id === id);
  }

  #set(finding: Finding): void {
    const at = this.#list.findIndex(({ id }) => id === finding.id);
    if (at >= 0) {
      this.#list = this.#list.with(at, finding);
      return;
    }
    this.#list = [...this.#list, finding];
    if (this.#list.length <= FINDINGS_LIMIT) return;
    const over = this.#list.findIndex(({ until }) => until !== null);
    this.#list = this.#list.toSpliced(Math.max(0, over), 1);
  }
}
