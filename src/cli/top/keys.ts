/** From what a terminal sends to keys. Pure. */

/** CSI and SS3 sequences by what stands behind the introducer. */
const SEQUENCES: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  H: 'home',
  F: 'end',
  Z: 'backtab',
  '1~': 'home',
  '7~': 'home',
  '4~': 'end',
  '8~': 'end',
  '5~': 'pageup',
  '6~': 'pagedown',
};

/** A whole sequence, one that has not come to its end, or a lone sign. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what terminals send.
const TOKEN = /\x1b(?:\[([0-?]*[ -/]*[@-~])|O(.)|(?:\[[0-?]*[ -/]*|O)?$|(.))|([^\x1b])/gsu;

const SIGNS: Readonly<Record<string, string>> = {
  '\t': 'tab',
  '\x03': 'interrupt',
  '\x1a': 'suspend',
  '\x0c': 'redraw',
  k: 'up',
  j: 'down',
};

export interface Keys {
  readonly keys: readonly string[];
  /** The beginning of a sequence whose end has not come. */
  readonly rest: string;
}

/** Sequences that are not known, and keys with Alt, are left out as a whole: no part of them becomes a key. */
export function readKeys(text: string): Keys {
  const keys: string[] = [];
  let rest = '';
  for (const [token, csi, ss3, alt, sign] of text.matchAll(TOKEN)) {
    if (sign !== undefined) keys.push(Object.hasOwn(SIGNS, sign) ? SIGNS[sign]! : sign);
    else if (csi !== undefined || ss3 !== undefined) {
      const code = (csi ?? ss3)!;
      if (Object.hasOwn(SEQUENCES, code)) keys.push(SEQUENCES[code]!);
    } else if (alt === undefined) rest = token;
  }
  return { keys, rest };
}
