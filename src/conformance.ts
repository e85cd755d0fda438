/** `loadline/conformance`: checks for samplers, collectors and adapters of anybody, for any test framework. */
export * from './reporter/conformance.ts';
export * from './sampler/conformance.ts';
