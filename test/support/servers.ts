/** The real servers that the integration tests stand on. */
export { startApache } from './apache.ts';
export { type Carbon, startCarbon } from './carbon.ts';
export type { FrontEnd, FrontEndOptions } from './front-end.ts';
export { type HaproxyOptions, startHaproxy } from './haproxy.ts';
export { startNginx } from './nginx.ts';
export { find, howToInstall, need } from './packages.ts';
export { type Prometheus, type Series, startPrometheus } from './prometheus.ts';
export { startVictoria, type Victoria } from './victoria.ts';
