const R = Symbol.for('loadline.route');
export function setRoute(q: object, r: string) { (q as any)[R] = r; }
export function routeOf(q: object, _s: number): string | undefined { return (q as any)[R]; }
export function watchFastify() { return () => {}; }
