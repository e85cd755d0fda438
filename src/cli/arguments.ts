/** What a command line of `loadline` asks for. Pure. */

export type Command =
  | { readonly name: 'help' | 'version' | 'path' }
  /** `modules`: adapters to be checked besides those of the environment. */
  | { readonly name: 'check'; readonly modules: readonly string[] }
  /** `argv`: what stands behind it. */
  | { readonly name: 'top'; readonly argv: readonly string[] }
  /** No arguments at all, or a line that cannot be understood. */
  | { readonly name: 'usage'; readonly problem?: string }
  /** `argv` goes to node as it is. `app` is the script in it; undefined when node is told to run something else. */
  | { readonly name: 'run'; readonly argv: readonly string[]; readonly app?: string };

const COMMANDS: Readonly<Record<string, 'help' | 'version' | 'path' | 'check' | 'top'>> = {
  '--help': 'help',
  '-h': 'help',
  help: 'help',
  '--version': 'version',
  '-v': 'version',
  path: 'path',
  check: 'check',
  top: 'top',
};

/** Node options that make it run something else than a script: what follows is node's business. */
const NO_SCRIPT = /^(-|-e|-p|-pe|-i|--eval|--print|--interactive|--test|--run|--watch-path|--build-sea)(=|$)/;

/** Node options whose value may be the next argument. (V8's options always take `=`.) */
const TAKES_VALUE = new Set(
  `-r -C --require --import --loader --experimental-loader --conditions --env-file --env-file-if-exists --input-type
  --inspect-port --debug-port --inspect-publish-uid --title --icu-data-dir --openssl-config --redirect-warnings
  --disable-warning --diagnostic-dir --report-dir --report-directory --report-filename --report-signal
  --heapsnapshot-signal --heapsnapshot-near-heap-limit --dns-result-order --unhandled-rejections
  --trace-event-categories --trace-event-file-pattern --trace-require-module --cpu-prof-dir --cpu-prof-name
  --cpu-prof-interval --heap-prof-dir --heap-prof-name --heap-prof-interval --max-http-header-size --secure-heap
  --secure-heap-min --tls-cipher-list --tls-keylog --network-family-autoselection-attempt-timeout
  --allow-fs-read --allow-fs-write --localstorage-file --snapshot-blob --experimental-default-type --v8-pool-size
  --v8-options-file --experimental-sea-config --build-snapshot-config --watch-kill-signal`.split(/\s+/),
);

/** `argv` without node and the script: `process.argv.slice(2)`. */
export function parseArguments(argv: readonly string[]): Command {
  const [first] = argv;
  if (first === undefined) return { name: 'usage' };
  const name = Object.hasOwn(COMMANDS, first) ? COMMANDS[first]! : undefined;
  if (name === 'check') return check(argv.slice(1));
  if (name === 'top') return { name, argv: argv.slice(1) };
  if (name && argv.length === 1) return { name };
  if (name) return { name: 'usage', problem: `"${first}" takes no arguments, got "${argv[1]}"` };
  return findApp(argv);
}

function check(modules: readonly string[]): Command {
  const odd = modules.find((module) => module === '' || module.startsWith('-'));
  if (odd === undefined) return { name: 'check', modules };
  return { name: 'usage', problem: `"check" takes names of adapter modules only, got "${odd}"` };
}

function findApp(argv: readonly string[]): Command {
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index]!;
    if (NO_SCRIPT.test(argument)) return { name: 'run', argv };
    if (argument === '--') return script(argv, argv[index + 1]);
    if (!argument.startsWith('-')) return script(argv, argument);
    if (TAKES_VALUE.has(argument)) index++;
  }
  return script(argv, undefined);
}

function script(argv: readonly string[], app: string | undefined): Command {
  if (app === undefined) return { name: 'usage', problem: `no app after "${argv.join(' ')}"` };
  if (app === '') return { name: 'usage', problem: 'the name of the app is empty' };
  return { name: 'run', argv, app };
}
