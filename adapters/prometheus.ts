import type { AdapterFactory } from '../src/reporter/adapter.ts';
const make: AdapterFactory = (_o, context) => ({ name: 'prometheus', routes: { '/metrics': async (_q, r) => { r.end(JSON.stringify(await context.snapshot(), (_k, v) => ArrayBuffer.isView(v) ? Array.from(v as any) : v)); } } });
export default make;
