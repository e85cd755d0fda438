/** Questions to several peers at once that are answered by all, or not in time. */
import { timers } from '../clock.ts';

interface Open<Peer> {
  readonly waiting: Set<Peer>;
  readonly answers: Map<Peer, unknown>;
  done(): void;
}

export class Questions<Peer> {
  readonly #open = new Map<number, Open<Peer>>();
  #number = 0;

  /** `send` says whether a peer was asked. Resolves with what came within `limit` ms. */
  ask(
    peers: Iterable<Peer>,
    limit: number,
    send: (peer: Peer, number: number) => boolean,
  ): Promise<Map<Peer, unknown>> {
    const number = ++this.#number;
    const waiting = new Set<Peer>();
    for (const peer of peers) if (send(peer, number)) waiting.add(peer);
    const answers = new Map<Peer, unknown>();
    if (waiting.size === 0) return Promise.resolve(answers);
    return new Promise((resolve) => {
      const done = () => {
        timers.clearTimeout(timer);
        this.#open.delete(number);
        resolve(answers);
      };
      const timer = timers.setTimeout(done, limit);
      this.#open.set(number, { waiting, answers, done });
    });
  }

  answer(number: number, peer: Peer, answer: unknown): void {
    const open = this.#open.get(number);
    if (!open?.waiting.delete(peer)) return;
    open.answers.set(peer, answer);
    if (open.waiting.size === 0) open.done();
  }

  /** It will not answer any more. */
  leave(peer: Peer): void {
    for (const open of this.#open.values()) if (open.waiting.delete(peer) && open.waiting.size === 0) open.done();
  }
}
