/** From an attributes object to its series without building a string: a tree of keys and values, in insertion order. */
import type { Attributes } from '../snapshot/metric.ts';
import type { MetricWriter } from '../store/writer.ts';

/** Attributes of one series at most; further ones are dropped. */
const MAX_ATTRIBUTES = 64;
/** Characters of one attribute's key or text value; longer ones are cut. */
const MAX_TEXT = 1024;
/** Nodes of one instrument's tree: beyond it sets are found by their canonical text, which is slower. */
const MAX_NODES = 16_384;

/** One attribute set, or the beginning of some. */
class Node {
  /** The series of the set that ends here; -1 while unknown. */
  at = -1;
  /** Of the key that came first after this beginning: most sites give the same keys in the same order. */
  first: Branch | undefined = undefined;
  /** Of other keys. */
  others: Map<string, Branch> | undefined = undefined;

  branch(key: string): Branch | undefined {
    const { first } = this;
    return first !== undefined && first.key === key ? first : this.others?.get(key);
  }
}

/** One key, and where its values lead. */
class Branch {
  readonly key: string;
  readonly nodes = new Map<unknown, Node>();
  /** The value that was asked for last, and its node. At first a value that no attribute has. */
  lastValue: unknown = this;
  lastNode: Node | undefined = undefined;

  constructor(key: string) {
    this.key = key;
  }

  node(value: unknown): Node | undefined {
    if (value === this.lastValue) return this.lastNode;
    const found = this.nodes.get(value);
    if (found !== undefined) {
      this.lastValue = value;
      this.lastNode = found;
    }
    return found;
  }
}

/**
 * The same set in another order of keys takes another path to the same series. Sets over the budget are not remembered:
 * the tree stays small under any number of sets.
 */
export class SeriesTrie {
  readonly #writer: MetricWriter;
  readonly #root = new Node();
  #nodes = 0;

  constructor(writer: MetricWriter) {
    this.#writer = writer;
  }

  /** Index of the first cell of the series of `attributes`; that of the overflow series if reading them throws. */
  find(attributes: Attributes): number {
    try {
      let node: Node | undefined = this.#root;
      for (const key in attributes) {
        node = node.branch(key)?.node(attributes[key]);
        if (node === undefined) return this.#make(attributes);
      }
      return node.at >= 0 ? node.at : this.#make(attributes);
    } catch {
      // A getter or Proxy of the app threw: recording must not throw into the app, and the count must not be lost.
      return this.#writer.overflow();
    }
  }

  #make(attributes: Attributes): number {
    const pairs = readPairs(attributes);
    const at = this.#writer.series(cleanAttributes(pairs));
    const isSmall = pairs.length <= MAX_ATTRIBUTES && this.#nodes < MAX_NODES;
    if (isSmall && !this.#writer.isOverflow(at) && pairs.every(isPlain)) this.#remember(pairs, at);
    return at;
  }

  #remember(pairs: readonly Pair[], at: number): void {
    let node = this.#root;
    for (const [key, value] of pairs) node = this.#next(this.#branch(node, key), value);
    node.at = at;
  }

  #branch(node: Node, key: string): Branch {
    const known = node.branch(key);
    if (known) return known;
    const branch = new Branch(key);
    this.#nodes++;
    if (node.first === undefined) {
      node.first = branch;
    } else {
      node.others ??= new Map();
      node.others.set(key, branch);
    }
    return branch;
  }

  #next(branch: Branch, value: unknown): Node {
    const known = branch.nodes.get(value);
    if (known) return known;
    const node = new Node();
    branch.nodes.set(value, node);
    this.#nodes++;
    return node;
  }
}

type Pair = readonly [key: string, value: unknown];

/** Read once: a getter or Proxy may say something else the next time. */
function readPairs(attributes: Attributes): Pair[] {
  const pairs: Pair[] = [];
  for (const key in attributes) pairs.push([key, attributes[key]]);
  return pairs;
}

/** Text, number and boolean values only; anything else is dropped, and so is what is too long or too much. */
function cleanAttributes(pairs: readonly Pair[]): Attributes {
  // Without a prototype, or the key `__proto__` would set it.
  const clean: Record<string, string | number | boolean> = Object.create(null);
  let count = 0;
  for (const [key, value] of pairs) {
    if (count === MAX_ATTRIBUTES) break;
    if (key === '') continue;
    if (typeof value === 'string') clean[key.slice(0, MAX_TEXT)] = value.slice(0, MAX_TEXT);
    else if (typeof value === 'boolean' || Number.isFinite(value)) clean[key.slice(0, MAX_TEXT)] = value as number;
    else continue;
    count++;
  }
  return clean;
}

/** Whether the tree may hold it: small, and no object that it would keep alive. */
function isPlain([key, value]: Pair): boolean {
  if (key.length > MAX_TEXT) return false;
  if (typeof value === 'string') return value.length <= MAX_TEXT;
  return typeof value === 'number' || typeof value === 'boolean' || value === undefined;
}
