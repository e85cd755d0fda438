import { get } from 'node:http';
import { fileURLToPath } from 'node:url';
import { Child } from './child.mjs';
import { freePort } from './server.mjs';

const PROCESS = fileURLToPath(new URL('../scrape-process.mjs', import.meta.url));

/** An app with a number of series, scraped from here. */
export class Scraped {
  /**
   * @param {{ name: string, subject: string, dist?: string }} which
   * @param {number} series
   * @param {string} node
   */
  static async start(which, series, node) {
    const scraped = new Scraped();
    const port = await freePort();
    scraped.name = which.name;
    scraped.child = new Child(PROCESS, {
      node,
      args: [which.subject, String(series), which.dist ?? '', String(port)],
      env: { OTEL_SERVICE_NAME: `bench-${port}` },
    });
    scraped.url = await scraped.child.ask({ ask: 'url' });
    return scraped;
  }

  /** Resolves with the answer and the ms until its end. Not compressed, since not all of them can. */
  scrape() {
    const begin = performance.now();
    return new Promise((resolve, reject) => {
      const request = get(this.url, { agent: false }, (response) => {
        const pieces = [];
        response.on('data', (piece) => pieces.push(piece));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ milliseconds: performance.now() - begin, text: Buffer.concat(pieces).toString() }),
        );
      });
      request.on('error', reject);
    });
  }

  end() {
    return this.child.end();
  }
}

/** How many series of the app an answer has. */
export function seriesIn(text) {
  return text.match(/^bench_shop_\d+(_total)?\{.*user=/gm)?.length ?? 0;
}
