/** The agent that is started while the one before it is being stopped. */
import type { Agent } from './start.ts';

/**
 * Begins when `ended` has resolved: two at once would want one port, and count everything twice. `begin`: undefined when
 * it could not start. `forget`: it is stopped before it began, or could not start.
 */
export function agentAfter(ended: Promise<void>, begin: () => Agent | undefined, forget: () => void): Agent {
  let agent: Agent | undefined;
  let isWanted = true;
  const begun = ended.then(() => {
    if (!isWanted) return undefined;
    agent = begin();
    if (!agent) forget();
    return agent;
  });
  return {
    get ready() {
      return begun.then((found) => found?.ready);
    },
    async stop() {
      if (agent) return agent.stop();
      if (isWanted) forget();
      isWanted = false;
      await begun;
    },
    snapshot: async (without) => (await begun)?.snapshot?.(without),
    flush: () => agent?.flush?.(),
  };
}
