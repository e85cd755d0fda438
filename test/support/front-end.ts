/** What the three front ends have in common. */
import type { Child } from './child.ts';

export interface FrontEndOptions {
  /** TCP port on loopback of the app. */
  readonly backend: number;
  /** What `X-Request-Start` is set to, in the server's own language. Default: the format that works, see each server. */
  readonly stamp?: string;
}

export interface FrontEnd extends Child {
  readonly url: string;
}
