/** Checks of SPEC.md for both sides, usable from any test framework: no findings, no offence. */

export type { Finding, Level } from '../conformance/finding.ts';
export { COLLECTOR_CHECKS, checkCollector, type MakeCollector } from './conformance/collector.ts';
export { checkSampler, SAMPLER_CHECKS, type SamplerCheckOptions } from './conformance/sampler.ts';
