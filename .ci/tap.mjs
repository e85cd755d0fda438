/** Totals of one run of ava, from its own TAP output. */

export class Tap {
  passed = 0;
  failed = 0;
  skipped = 0;
  #closing = new Map();
  #complete = false;

  /** Takes one line of the output of the command that ran ava; what is no TAP is ignored. */
  read(line) {
    const result = /^(not ok|ok) \d+(?: .*?)?(# SKIP)?$/.exec(line);
    const closing = /^# (pass|fail|skip) (\d+)$/.exec(line);
    if (result) this.#count(result[1] === 'ok', result[2] !== undefined);
    else if (/^1\.\.\d+$/.test(line)) this.#complete = true;
    else if (closing && this.#complete) this.#closing.set(closing[1], Number(closing[2]));
  }

  /**
   * `exitCode` of the command. Each of its two accounts of failures misses some (the closing one hooks, the lines those
   * tests that a crashed file never came to), so the larger counts. A command that fails without a failed test, or that
   * ends without a report, failed itself: one failure.
   */
  totals(exitCode) {
    let failed = Math.max(this.failed, this.#closing.get('fail') ?? 0);
    if (failed === 0 && (exitCode !== 0 || !this.#complete || this.passed === 0)) failed = 1;
    else if (!this.#complete) failed++;
    return { passed: this.passed, failed, skipped: this.skipped };
  }

  #count(ok, isSkipped) {
    if (isSkipped) this.skipped++;
    else if (ok) this.passed++;
    else this.failed++;
  }
}

/** `12 passed, 0 failed`, and `, 3 skipped` when any was. */
export function say({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
