/** The bridges between loadline and prom-client 14 and 15 or @prometheus-io/client. None of them is imported. */
export { fromPromClient } from './prom-client-in.ts';
export { toPromClient } from './prom-client-out.ts';
