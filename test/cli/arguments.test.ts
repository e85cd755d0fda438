import test from 'ava';
import { parseArguments } from '../../src/cli/arguments.ts';

const app = (...argv: string[]) => {
  const command = parseArguments(argv);
  return command.name === 'run' ? command.app : command.name;
};

test('the app is the first argument that is neither an option nor the value of one', (t) => {
  t.is(app('app.js', '--inspect'), 'app.js');
  t.is(app('--inspect', 'app.js'), 'app.js');
  t.is(app('--inspect=0', '--max-old-space-size=9', 'app.js', 'other.js'), 'app.js');
  t.is(app('-r', './x.js', 'app.js'), 'app.js');
  t.is(app('--require=./x.js', 'app.js'), 'app.js');
  t.is(app('--import', './x.js', '-C', 'dev', '--env-file', '.env', 'app.js'), 'app.js');
  t.is(app('--', '--strange-name.js'), '--strange-name.js');
});

test('all arguments go to node in their order', (t) => {
  const argv = ['--inspect', '-r', 'x', 'app.js', '--inspect', ''];
  t.deepEqual(parseArguments(argv), { name: 'run', argv, app: 'app.js' });
});

test('what is not a script is left to node', (t) => {
  for (const argv of [
    ['-e', '1'],
    ['-p', '1'],
    ['-pe', '1'],
    ['--eval=1'],
    ['-'],
    ['-i'],
    ['--test'],
    ['--run', 'x'],
  ]) {
    t.deepEqual(parseArguments(argv), { name: 'run', argv });
  }
  t.is(app('app.js', '-e'), 'app.js');
});

test('commands count in the first place only, and as whole words', (t) => {
  t.deepEqual(parseArguments(['check']), { name: 'check', modules: [] });
  t.deepEqual(parseArguments(['check', 'a', './b.js']), { name: 'check', modules: ['a', './b.js'] });
  t.is(app('app.js', 'check'), 'app.js');
  t.is(app('./check'), './check');
  t.is(app('constructor'), 'constructor');
  t.is(app('__proto__'), '__proto__');
});

test('an empty or missing app is a usage problem', (t) => {
  t.deepEqual(parseArguments([]), { name: 'usage' });
  for (const argv of [
    [''],
    ['--inspect'],
    ['--require'],
    ['-r', 'x.js'],
    ['--'],
    ['--', ''],
    ['path', 'x'],
    ['check', '-x'],
  ]) {
    const command = parseArguments(argv);
    t.true(command.name === 'usage' && typeof command.problem === 'string', JSON.stringify(argv));
  }
});
