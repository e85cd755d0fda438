/** A small carbon: takes lines as strictly as the real one, and one value per series and second, of which the last stays. */
import type { Backend, Received } from '../../src/conformance.ts';
import { FaultServer } from '../support/fault-server.ts';

/** `path;tag=value value timestamp`: carbon splits at any white space and takes three parts, graphite-web refuses odd tags. */
const LINE = /^([\w.-]+)((?:;[\w.-]+=(?!~)[\x21-\x3a\x3c-\x7e]+)*) (-?\d+(?:\.\d+)?) (\d{10})$/;

export async function startCarbonBackend(options: object = {}): Promise<Backend> {
  /** Series and second → the point. */
  const points = new Map<string, Received>();
  const bad: string[] = [];
  const server = await FaultServer.startTcp((socket) => {
    let rest = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      for (const line of lines) take(line);
    });
    // Carbon answers nothing, and ends its side when the other one does; half a line is thrown away.
  });
  const take = (line: string) => {
    const match = LINE.exec(line);
    if (match === null) bad.push(line.slice(0, 200));
    else points.set(`${match[1]}${match[2]} ${match[4]}`, pointOf(match));
  };
  return {
    options: { url: server.url, ...options },
    async received() {
      if (bad.length > 0) throw new Error(`carbon cannot read: ${bad[0]}`);
      return joined(points);
    },
    down: () => server.down(),
    up: () => server.up(),
    hang: () => server.hang(),
    wrong: () => server.wrong(),
    close: () => server.down(),
  };
}

function pointOf([, name, tags, value]: RegExpExecArray): Received {
  const pairs = tags!.split(';').slice(1);
  const attributes = pairs.map((tag) => tag.split(/=(.*)/s, 2) as [string, string]);
  return { name: name!, attributes: Object.fromEntries(attributes), value: Number(value) };
}

/** A histogram is `.count` and `.mean` of one second: together its count and sum. */
function joined(points: ReadonlyMap<string, Received>): Received[] {
  const all = [...points.values()];
  for (const [key, mean] of points) {
    if (!mean.name.endsWith('.mean')) continue;
    const name = mean.name.slice(0, -'.mean'.length);
    const count = points.get(`${name}.count${key.slice(mean.name.length)}`)?.value as number;
    all.push({ name, attributes: mean.attributes, value: { count, sum: count * (mean.value as number) } });
  }
  return all;
}
