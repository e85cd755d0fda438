/** Real carbon-cache and graphite-web (render API and tag database in sqlite). One point per second is kept. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Child, launch, type Owner, temporaryFolder } from './child.ts';
import { need } from './packages.ts';
import { accepts, freePort } from './ports.ts';

/** Epoch s → value, without the seconds that have none. */
export type Points = ReadonlyMap<number, number>;

export interface Carbon {
  /** Of the plaintext listener. */
  readonly port: number;
  readonly pid: number;
  /** What carbon wrote. */
  log(): string;
  /** GET of the render API: target → its points from `from` to `until`, epoch s. */
  render(target: string, from: number, until: number): Promise<ReadonlyMap<string, Points>>;
  /** GET of the tag database: the values that a tag has in series with these tags, `name=a.b`. */
  tagValues(tag: string, expressions: readonly string[]): Promise<readonly string[]>;
  /** SIGKILL to carbon alone; what it had not written to its files is gone. */
  kill(): Promise<void>;
  /** Starts it again after a `kill`, on the same port and files. */
  restart(): Promise<void>;
}

interface Ports {
  readonly line: number;
  readonly pickle: number;
  readonly query: number;
  readonly web: number;
}

export async function startCarbon(owner: Owner): Promise<Carbon> {
  const data = temporaryFolder('carbon');
  owner.teardown(() => rmSync(data, { recursive: true, force: true }));
  const ports = { line: await freePort(), pickle: await freePort(), query: await freePort(), web: await freePort() };
  for (const name of ['conf', 'whisper', 'log', 'run', 'web']) mkdirSync(join(data, name));
  writeFileSync(join(data, 'conf', 'carbon.conf'), cacheConfiguration(data, ports));
  writeFileSync(join(data, 'conf', 'storage-schemas.conf'), '[all]\npattern = .*\nretentions = 1s:1h\n');
  writeFileSync(join(data, 'web', 'local_settings.py'), webConfiguration(data, ports));
  await startWeb(owner, data, ports.web);
  let cache = await startCache(owner, data, ports.line);
  return {
    port: ports.line,
    get pid() {
      return cache.pid;
    },
    log: () => cache.log(),
    render: (target, from, until) => render(ports.web, target, from, until),
    tagValues: (tag, expressions) => tagValues(ports.web, tag, expressions),
    async kill() {
      process.kill(cache.pid, 'SIGKILL');
      await cache.stop();
    },
    async restart() {
      cache = await startCache(owner, data, ports.line);
    },
  };
}

function startCache(owner: Owner, data: string, port: number): Promise<Child> {
  const pidFile = join(data, 'run', 'carbon.pid');
  rmSync(pidFile, { force: true });
  return launch(owner, {
    name: 'carbon-cache',
    command: need('carbon-cache'),
    args: [
      `--config=${join(data, 'conf', 'carbon.conf')}`,
      `--pidfile=${pidFile}`,
      '--nodaemon',
      '--logfile=-',
      'start',
    ],
    folder: temporaryFolder('carbon-output'),
    ready: () => accepts(port),
  });
}

async function startWeb(owner: Owner, data: string, port: number): Promise<void> {
  need('graphite-manage');
  const env = {
    ...process.env,
    PYTHONPATH: join(data, 'web'),
    DJANGO_SETTINGS_MODULE: 'graphite.settings',
    GRAPHITE_SETTINGS_MODULE: 'local_settings',
  };
  const migration = spawnSync('/usr/bin/python3', ['-m', 'django', 'migrate', '--run-syncdb'], { env });
  if (migration.status !== 0) throw new Error(`graphite-web has no database: ${migration.stderr}`);
  await launch(owner, {
    name: 'graphite-web',
    command: need('gunicorn'),
    args: ['-b', `127.0.0.1:${port}`, '-w', '1', '--threads', '4', 'graphite.wsgi:application'],
    folder: temporaryFolder('graphite-web'),
    env,
    ready: () =>
      fetch(`http://127.0.0.1:${port}/metrics/index.json`).then(
        ({ ok }) => ok,
        () => false,
      ),
  });
}

async function render(web: number, target: string, from: number, until: number): Promise<Map<string, Points>> {
  const query = new URLSearchParams({ target, from: String(from - 1), until: String(until), format: 'json' });
  const response = await fetch(`http://127.0.0.1:${web}/render?${query}`);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`render ${target}: ${response.status} ${wordsOf(text)}`);
  const answer = JSON.parse(text) as { target: string; datapoints: [number | null, number][] }[];
  return new Map(answer.map((series) => [series.target, pointsOf(series.datapoints)]));
}

/** The end of a page of HTML, which has the traceback. */
function wordsOf(html: string): string {
  return html
    .replace(/<[^>]*>|&#?\w+;/g, ' ')
    .replace(/\s+/g, ' ')
    .slice(-1500);
}

async function tagValues(web: number, tag: string, expressions: readonly string[]): Promise<string[]> {
  const query = new URLSearchParams({ tag, limit: '10000' });
  for (const expression of expressions) query.append('expr', expression);
  const response = await fetch(`http://127.0.0.1:${web}/tags/autoComplete/values?${query}`);
  return (await response.json()) as string[];
}

function pointsOf(datapoints: readonly [number | null, number][]): Points {
  return new Map(datapoints.flatMap(([value, time]) => (value === null ? [] : [[time, value] as const])));
}

/** Debian's default of 50 new series a minute would silently drop the rest. */
function cacheConfiguration(data: string, ports: Ports): string {
  return `
[cache]
STORAGE_DIR = ${data}
LOCAL_DATA_DIR = ${data}/whisper/
CONF_DIR = ${data}/conf
LOG_DIR = ${data}/log
PID_DIR = ${data}/run
DATABASE = whisper
USER =
MAX_CACHE_SIZE = inf
MAX_UPDATES_PER_SECOND = inf
MAX_CREATES_PER_MINUTE = inf
LINE_RECEIVER_INTERFACE = 127.0.0.1
LINE_RECEIVER_PORT = ${ports.line}
PICKLE_RECEIVER_INTERFACE = 127.0.0.1
PICKLE_RECEIVER_PORT = ${ports.pickle}
CACHE_QUERY_INTERFACE = 127.0.0.1
CACHE_QUERY_PORT = ${ports.query}
WHISPER_AUTOFLUSH = True
LOG_UPDATES = False
ENABLE_TAGS = True
GRAPHITE_URL = http://127.0.0.1:${ports.web}
TAG_UPDATE_INTERVAL = 1
TAG_BATCH_SIZE = 30
CARBON_METRIC_INTERVAL = 0
`;
}

function webConfiguration(data: string, ports: Ports): string {
  return `
SECRET_KEY = 'test'
ALLOWED_HOSTS = ['*']
TIME_ZONE = 'UTC'
LOG_DIR = '${data}/log'
CONF_DIR = '${data}/conf'
STORAGE_DIR = '${data}'
INDEX_FILE = '${data}/index'
WHISPER_DIR = '${data}/whisper'
CARBONLINK_HOSTS = ['127.0.0.1:${ports.query}']
MEMCACHE_HOSTS = []
DEFAULT_CACHE_DURATION = 0
FIND_CACHE_DURATION = 0
TAGDB_CACHE_DURATION = 0
METRICS_FIND_WARNING_THRESHOLD = float('Inf')
DATABASES = {'default': {'NAME': '${data}/graphite.db', 'ENGINE': 'django.db.backends.sqlite3',
                         'OPTIONS': {'timeout': 30}}}
`;
}
