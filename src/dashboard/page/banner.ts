/** When the agent is silent: what is known, and what happens next. */

import type { Refused } from './api.ts';
import { button, find, h } from './dom.ts';
import { stateIcon } from './icons.ts';
import { clock } from './units.ts';
import { visible } from './words.ts';

export class Banner {
  readonly #element = find('banner');
  readonly #retry: () => void;
  #shown = '';

  /** @param retry to be asked for at once */
  constructor(retry: () => void) {
    this.#retry = retry;
  }

  hide(): void {
    if (this.#shown === '') return;
    this.#shown = '';
    this.#element.hidden = true;
    this.#element.replaceChildren();
    document.body.classList.remove('stale');
  }

  /**
   * @param since epoch ms of the latest number, undefined when there was none
   * @param refusal what the agent said, where it said something
   */
  lost(since: number | undefined, refusal: Refused | undefined): void {
    const known = since === undefined ? 'No data' : `No data since ${clock(since)}`;
    const reason = refusal ? `the agent answers ${refusal.status}` : 'the agent does not answer';
    const more = refusal ? wordsOf(refusal) : 'The app has ended, or this page cannot reach it.';
    this.#show(`${known}: ${reason}.`, [
      h('span', {}, `${more} Trying again.`),
      button({ class: 'quiet' }, this.#retry, 'Try now'),
    ]);
  }

  refused(refusal: Refused): void {
    const { status } = refusal;
    const title = status === 401 ? 'This agent wants its token.' : 'This agent does not answer this page.';
    const remedy =
      status === 401
        ? 'Load this page again and give the value of the app’s LOADLINE_TOKEN as the password, with any user name.'
        : wordsOf(refusal);
    this.#show(title, [h('span', {}, remedy), button({ class: 'quiet' }, () => location.reload(), 'Load again')]);
  }

  #show(title: string, parts: readonly HTMLElement[]): void {
    if (this.#shown === title) return;
    this.#shown = title;
    this.#element.hidden = false;
    this.#element.replaceChildren(stateIcon('critical'), h('strong', {}, title), ...parts);
    document.body.classList.add('stale');
  }
}

function wordsOf({ message }: Refused): string {
  return visible(message.trim()).slice(0, 500);
}
