/** What a check found. */

export type Level = 'MUST' | 'SHOULD';

/** One offence against SPEC.md. */
export interface Finding {
  /** Section of SPEC.md, for example `5.2`. */
  readonly section: string;
  readonly level: Level;
  /** Stable name of the check. */
  readonly check: string;
  /** What was seen, in one sentence. */
  readonly found: string;
}

/** A check without its verdict. */
export interface Check {
  readonly section: string;
  readonly level: Level;
  readonly check: string;
}
