/** The answer at the top: is it healthy, and what is the limit? */
import type { Now, State, Vital } from '../feed.ts';
import { find, h, setAttribute, setChildren, setText } from './dom.ts';
import { stateIcon } from './icons.ts';
import { HOUR } from './span.ts';
import { Sparkline } from './sparkline.ts';
import { describe } from './summary.ts';
import type { Timeline } from './timeline.ts';
import { duration, format, type Unit } from './units.ts';
import { visible } from './words.ts';

/** ms between two texts that a screen reader is told, unless the state changed. */
const QUIET = 15_000;

const WORDS: Readonly<Record<State, string>> = {
  good: 'fine',
  warning: 'tight',
  critical: 'at its limit',
  unknown: 'not known',
};

/** Before the page's title, so that a tab that is not in front shows it. */
const SIGNS: Partial<Record<State, string>> = { warning: '⚠ ', critical: '✖ ' };

/** Of the tracks behind the vitals: unit, and what their sparklines reach up to at least. */
const VITALS: Readonly<Record<Vital['id'], { unit: Unit; top: number; chart: string }>> = {
  eventloop: { unit: 'share', top: 1, chart: 'utilization' },
  cpu: { unit: 'cores', top: 0.1, chart: 'cpu' },
  memory: { unit: 'bytes', top: 1e6, chart: 'memory' },
  threadpool: { unit: 'seconds', top: 0.005, chart: 'threadpool' },
  queue: { unit: 'seconds', top: 0.005, chart: 'queue' },
  backlog: { unit: 'count', top: 4, chart: 'backlog' },
};

export class Health {
  readonly #verdict = find('verdict');
  readonly #icon = find('verdict-icon');
  readonly #text = find('verdict-text');
  readonly #said = find('verdict-said');
  readonly #traffic = new Traffic();
  readonly #cards = new Map<string, Card>();
  readonly #timeline: Timeline;
  #state: State | undefined;
  #saidAt = 0;

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  show(now: Now): void {
    const { state, text } = now.verdict;
    setText(this.#text, visible(text));
    if (state !== this.#state) {
      setAttribute(this.#verdict, 'data-state', state);
      this.#icon.replaceChildren(stateIcon(state));
    }
    this.#say(state, visible(text), now.time);
    this.#traffic.show(now.traffic);
    const cards = now.vitals.map((vital) => this.#card(vital));
    setChildren(
      find('vitals'),
      cards.map(({ element }) => element),
    );
    showIdentity(now);
  }

  /** The hour of each vital. */
  draw(): void {
    for (const card of this.#cards.values()) card.draw(this.#timeline);
  }

  /** Numbers that change each second are nothing to be read out each second. */
  #say(state: State, text: string, time: number): void {
    const isNews = state !== this.#state;
    this.#state = state;
    if (!isNews && time - this.#saidAt < QUIET) return;
    const withoutNumbers = (words: string | null) => words?.replace(/[\d.,]+/g, '');
    if (!isNews && withoutNumbers(text) === withoutNumbers(this.#said.textContent)) return;
    this.#saidAt = time;
    setText(this.#said, text);
  }

  #card(vital: Vital): Card {
    let card = this.#cards.get(vital.id);
    if (!card) {
      card = new Card(vital);
      this.#cards.set(vital.id, card);
      card.show(vital);
      card.draw(this.#timeline);
    }
    card.show(vital);
    return card;
  }
}

class Card {
  readonly element: HTMLElement;
  readonly #id: Vital['id'];
  readonly #state = h('span', { class: 'vital-state' });
  readonly #text = h('p', { class: 'vital-text' });
  readonly #fill = h('div', { class: 'fill' });
  readonly #meter = h('div', { class: 'meter', 'aria-hidden': 'true' }, this.#fill);
  readonly #spark = new Sparkline();
  readonly #words = h('p', { class: 'unseen' });
  #track = '';

  constructor({ id, label }: Vital) {
    this.#id = id;
    const link = h('a', { href: `#chart-${VITALS[id]?.chart ?? id}` }, visible(label));
    const head = h('div', { class: 'vital-head' }, h('h3', {}, link), this.#state);
    const picture = h('div', { class: 'spark-box' }, this.#spark.element);
    this.element = h('li', { class: 'vital' }, head, this.#text, this.#meter, picture, this.#words);
  }

  show({ state, text, used, track }: Vital): void {
    if (this.element.dataset.state !== state) {
      this.element.dataset.state = state;
      this.#state.replaceChildren(stateIcon(state), WORDS[state] ?? '');
    }
    setText(this.#text, visible(text));
    this.#meter.hidden = used === null;
    this.#fill.style.setProperty('width', `${Math.min(1, Math.max(0, used ?? 0)) * 100}%`);
    this.#track = track;
  }

  draw(timeline: Timeline): void {
    const last = timeline.last;
    if (last === undefined) return;
    const { times, series } = timeline.frame([this.#track], last - HOUR, last);
    const { unit, top } = VITALS[this.#id] ?? { unit: 'number', top: 1 };
    this.#spark.draw(series[0]!, top);
    setText(this.#words, `Over the last hour: ${describe(unit, times, [{ label: 'values', values: series[0]! }])}`);
  }
}

/** Numbers of the last seconds beside the verdict. */
class Traffic {
  readonly #values = new Map<string, HTMLElement>();

  show(traffic: Now['traffic']): void {
    this.#set('Requests', format('rate', traffic.rate));
    this.#set('Errors', format('rate', traffic.errors), traffic.errors > 0);
    this.#set('In flight', format('count', traffic.inFlight));
    this.#set('p50', format('seconds', traffic.p50));
    this.#set('p99', format('seconds', traffic.p99));
    this.#set('Queue p99', format('seconds', traffic.queueP99));
  }

  #set(label: string, text: string, isBad = false): void {
    let value = this.#values.get(label);
    if (!value) {
      value = h('dd');
      this.#values.set(label, value);
      find('traffic').append(h('div', {}, h('dt', {}, label), value));
    }
    setText(value, text);
    value.classList.toggle('bad', isBad);
  }
}

function showIdentity({ verdict, service, host, pid, node, version, uptime }: Now): void {
  setText(find('service'), visible(service));
  const about = `${visible(host)} · pid ${pid} · Node ${visible(node).replace(/^v/, '')} · up ${duration(uptime)} · loadline ${visible(version)}`;
  setText(find('about'), about);
  const title = `${SIGNS[verdict.state] ?? ''}${visible(service)} · loadline`;
  if (document.title !== title) document.title = title;
}
