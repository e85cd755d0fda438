/** Which processes of the group are there, silent or gone: looked at each second by the leader. */
import { stateOf as kernelStateOf } from './alive.ts';
import type { Slot } from './slots.ts';

/** ms without a word after which a process is stale: it speaks each second, also while its app hangs. */
export const STALE_AFTER = 3000;

export type ProcessState = 'alive' | 'stale' | 'dead';

/** Undefined: nobody has the slot, and nobody is missed. `time` is ms, monotonic. */
export function stateOf({ occupant, missing }: Slot, self: string, time: number): ProcessState | undefined {
  if (missing) return 'dead';
  if (!occupant || (occupant.left && !occupant.connected)) return undefined;
  if (occupant.key === self) return 'alive';
  return occupant.connected && time - occupant.heard <= STALE_AFTER ? 'alive' : 'stale';
}

export function aliveOf(slots: readonly Slot[], self: string, time: number): number {
  return slots.filter((slot) => stateOf(slot, self, time) === 'alive').length;
}

/** What is wrong with one process, while it lasts. */
export interface Trouble {
  readonly kind: 'stopped' | 'process-missing';
  readonly slot: number;
  readonly pid: number;
  /** ms that it had been silent when it was noticed. */
  readonly silent: number;
}

/** ms of silence after which a process that the kernel does not call stopped is in trouble: a busy machine is no reason. */
const TROUBLE_AFTER = 10_000;

/** Opens a finding; returns what closes it. */
export type OpenTrouble = (trouble: Trouble) => () => void;

/** Not a `Map` of its own state: what is open is all there is to remember. */
export class Watch {
  readonly #open: OpenTrouble;
  readonly #troubles = new Map<string, () => void>();

  constructor(open: OpenTrouble) {
    this.#open = open;
  }

  look(slots: readonly Slot[], self: string, time: number): void {
    const now = new Map<string, Trouble>();
    for (const slot of slots) {
      const trouble = troubleOf(slot, self, time);
      if (trouble) now.set(`${trouble.kind} ${trouble.slot} ${trouble.pid}`, trouble);
    }
    for (const [key, close] of this.#troubles) {
      if (now.has(key)) continue;
      this.#troubles.delete(key);
      close();
    }
    for (const [key, trouble] of now) if (!this.#troubles.has(key)) this.#troubles.set(key, this.#open(trouble));
  }

  /** Somebody else looks from now on. */
  end(): void {
    for (const close of this.#troubles.values()) close();
    this.#troubles.clear();
  }
}

function troubleOf(slot: Slot, self: string, time: number): Trouble | undefined {
  const state = stateOf(slot, self, time);
  const { number, missing, occupant } = slot;
  if (state === 'dead') return { kind: 'process-missing', slot: number, pid: missing!.pid, silent: 0 };
  if (state !== 'stale') return undefined;
  return stopped({ slot: number, pid: occupant!.pid, silent: time - occupant!.heard });
}

/** Undefined while its silence is nothing to speak of. */
function stopped(process: Omit<Trouble, 'kind'>): Trouble | undefined {
  const { pid, silent } = process;
  const isStopped = silent > STALE_AFTER && /t/i.test(kernelStateOf(pid) ?? '');
  return isStopped || silent > TROUBLE_AFTER ? { kind: 'stopped', ...process } : undefined;
}

/** A member's look at its leader. */
export class Silence {
  readonly #open: OpenTrouble;
  #close: (() => void) | undefined;

  constructor(open: OpenTrouble) {
    this.#open = open;
  }

  /** `pid`: the leader's. `silent`: ms. */
  look(slots: readonly Slot[], pid: number, silent: number): void {
    const slot = slots.find(({ occupant }) => occupant?.pid === pid)?.number ?? 0;
    const trouble = stopped({ slot, pid, silent });
    if (trouble) this.#close ??= this.#open(trouble);
    else if (silent <= STALE_AFTER) this.end();
  }

  end(): void {
    this.#close?.();
    this.#close = undefined;
  }
}
