import { parseArgs } from 'node:util';
import { loadline } from './contenders.mjs';

const OPTIONS = {
  node: { type: 'string', default: process.execPath },
  dist: { type: 'string', multiple: true, default: [] },
  brief: { type: 'boolean', default: false },
  framework: { type: 'string', multiple: true, default: ['http', 'express', 'fastify'] },
  routes: { type: 'string', multiple: true, default: ['1', '100'] },
  seconds: { type: 'string', default: '60' },
  slice: { type: 'string', default: '200' },
  goal: { type: 'string', default: '0.015' },
};

/** @param {string[]} args */
export function settings(args) {
  const { values } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
  return {
    ...values,
    frameworks: values.framework,
    routes: values.routes.map(Number),
    seconds: Number(values.seconds),
    slice: Number(values.slice),
    goal: Number(values.goal),
    contenders: values.dist.length > 0 ? values.dist.map(build) : [loadline()],
  };
}

/** `name=folder`, or a folder. */
function build(text) {
  const [name, folder] = text.includes('=') ? text.split('=', 2) : ['loadline', text];
  return loadline(name, folder);
}
