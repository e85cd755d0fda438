/** How the cost grows: with routes, attribute sets, worker threads and processes. */
import { byAttributeSets } from './scale/attributes.mjs';
import { byProcesses } from './scale/processes.mjs';
import { byRoutes } from './scale/routes.mjs';
import { byThreads } from './scale/threads.mjs';

export const scale = {
  name: 'scale',
  title: 'Scale',
  text: [
    'The exponent is the slope of a line through the logarithms: 0 is a cost that does not grow, 1 one that doubles when the number doubles.',
  ],

  /** @param {import('./lib/context.mjs').Context} context */
  async run(context) {
    const sections = [];
    for (const part of [byRoutes, byAttributeSets, byThreads, byProcesses]) sections.push(await part(context));
    return sections;
  },
};
