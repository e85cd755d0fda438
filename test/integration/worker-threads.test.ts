import test from 'ava';
import { program } from '../reporter/app.ts';

test('Two hundred threads come and go while it is scraped: no count falls, few labels, an exact total', async (t) => {
  const { said, code, stderr } = await program(`
    const url = await start().ready;
    const labels = new Set();
    const totals = [];
    let isOver = false;
    const scraping = (async () => {
      while (!isOver) {
        const values = await read(url);
        totals.push(values.things_total ?? 0);
        for (const name of Object.keys(values)) labels.add(/loadline_worker="(\\d+)"/.exec(name)?.[1] ?? 'none');
        await sleep(50);
      }
    })();
    const source = 'import(' + JSON.stringify(INDEX) + ').then(({ counter, gauge }) => { counter("things").add(1); gauge("level").set(1); setTimeout(() => counter("things").add(1), 20); })';
    let made = 0;
    const lane = async () => {
      while (made++ < 200) await new Promise((resolve) => new Worker(source, { eval: true }).on('exit', resolve));
    };
    await Promise.all([lane(), lane(), lane(), lane()]);
    isOver = true;
    await scraping;
    const values = await read(url);
    const falls = totals.filter((total, i) => i > 0 && total < totals[i - 1]).length;
    say([values.things_total, falls, Object.keys(values).filter((name) => name.includes('loadline_worker')).length]);
    say([...labels].filter((label) => Number(label) > 8));
    say(totals.length > 3 && labels.size > 1);
    say(await until(() => globalThis[Symbol.for('loadline.state.v1')].threads.maps.length === 0));
  `);
  t.is(code, 0, stderr);
  t.deepEqual(said, [[400, 0, 0], [], true, true], stderr);
});
