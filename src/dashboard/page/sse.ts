/** Server-sent events (WHATWG HTML, "event stream"), as far as the feed uses them. Pure. */

export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/** Takes a stream's text in pieces cut anywhere, gives whole events. */
export class EventParser {
  #rest = '';
  #event = '';
  #data: string[] = [];

  push(text: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    // A lone \r may be the first half of \r\n.
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop()!;
    for (const line of lines) {
      if (line === '') this.#end(events);
      else this.#field(line);
    }
    return events;
  }

  #end(events: ServerEvent[]): void {
    if (this.#data.length > 0) events.push({ event: this.#event || 'message', data: this.#data.join('\n') });
    this.#event = '';
    this.#data = [];
  }

  #field(line: string): void {
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'event') this.#event = value;
    if (name === 'data') this.#data.push(value);
  }
}
