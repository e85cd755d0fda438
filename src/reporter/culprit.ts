/** Who it was: from the stacks of one stall to the function that stayed on them. Pure. */

export interface Frame {
  /** `(anonymous)` where it has no name. */
  readonly function: string;
  /** Absolute path, `node:…`, or what else the engine calls it; empty for code without a name. */
  readonly file: string;
  /** From 1: where in the function the thread was. */
  readonly line: number;
  readonly column: number;
  /** Where its function begins: with the file, what tells it from every other. */
  readonly start: string;
  /** It had only just been entered: whatever took so long, this call did not. */
  readonly entered: boolean;
  /** No loop of the function is around its place: one call never passes there twice. */
  readonly straight: boolean;
}

/** Innermost first. */
export type Frames = readonly Frame[];

export interface Verdict {
  /** The function that stayed; undefined when no code of the app did. */
  readonly culprit: Frame | undefined;
  /** The part of the stack that stayed, innermost first: the culprit and what called it. */
  readonly frames: Frames;
  /** Share of the stacks that the culprit is on. */
  readonly share: number;
}

/**
 * Share of the stacks that a frame must be on. One that is missing at either end proves nothing: the function had not been
 * called yet, or had just returned.
 */
const QUORUM = 0.8;

/**
 * The innermost function that stayed. A stack without it between two with it proves that it was called anew, and so does
 * one that saw it begin, or saw it at an earlier place with no loop around: then it is its caller that goes on and on.
 */
export function verdictOf(stacks: readonly Frames[]): Verdict {
  // Where no function stayed that way, the turn of the loop may have had other work in between.
  const verdict = descend(stacks, isRun) ?? descend(stacks, () => true) ?? mostSeen(stacks);
  return verdict ?? { culprit: undefined, frames: [], share: 0 };
}

/** From the outermost frame inwards, as long as enough stacks agree on the callee. */
function descend(
  stacks: readonly Frames[],
  isWhole: (callees: readonly Frames[], stacks: readonly Frames[]) => boolean,
): Verdict | undefined {
  const stayed: Frame[] = [];
  let agreeing = stacks;
  for (let depth = 0; ; depth++) {
    const callees = largestGroup(agreeing, depth);
    if (callees.length === 0 || callees.length < QUORUM * stacks.length || !isWhole(callees, stacks)) break;
    if (isCalledAnew(callees, stacks.length, depth)) break;
    stayed.push(frameAt(callees.at(-1)!, depth)!);
    agreeing = callees;
  }
  const frames = stayed.toReversed();
  const culprit = frames.find(isOfApp);
  return culprit && { culprit, frames: frames.slice(frames.indexOf(culprit)), share: agreeing.length / stacks.length };
}

/** Whether no other stack came between these. */
function isRun(some: readonly Frames[], all: readonly Frames[]): boolean {
  return all.lastIndexOf(some.at(-1)!) - all.indexOf(some[0]!) + 1 === some.length;
}

/** Code of Node, or of V8 itself (which has no line), is never to blame for how it is used. */
export function isOfApp({ file, line }: Frame): boolean {
  return line > 0 && !file.startsWith('node:');
}

function frameAt(stack: Frames, depth: number): Frame | undefined {
  return stack[stack.length - 1 - depth];
}

/** The stacks of which most have the same function at this depth. */
function largestGroup(stacks: readonly Frames[], depth: number): readonly Frames[] {
  const groups = new Map<string, Frames[]>();
  for (const stack of stacks) {
    const frame = frameAt(stack, depth);
    if (!frame) continue;
    const key = identity(frame);
    const group = groups.get(key);
    if (group) group.push(stack);
    else groups.set(key, [stack]);
  }
  return [...groups.values()].reduce<readonly Frames[]>((a, b) => (b.length > a.length ? b : a), []);
}

function identity({ file, start }: Frame): string {
  return `${file}\n${start}`;
}

/** What a frame is called that has no name. */
export const ANONYMOUS = '(anonymous)';

/** The first of several proves nothing: what it saw begin may have stayed from then on. */
function isCalledAnew(callees: readonly Frames[], count: number, depth: number): boolean {
  return callees.some((stack, i) => {
    const frame = frameAt(stack, depth)!;
    const before = i > 0 ? frameAt(callees[i - 1]!, depth)! : undefined;
    if (before && frame.straight && isBefore(frame, before)) return true;
    return frame.entered && stack.length - 1 === depth && (i > 0 || count === 1);
  });
}

function isBefore(a: Frame, b: Frame): boolean {
  return a.line < b.line || (a.line === b.line && a.column < b.column);
}

/**
 * The same where nothing of the app was on the stack in between, as between two microtasks: nothing stayed, and whatever
 * most of the tasks began with is to blame.
 */
export function stormVerdictOf(stacks: readonly Frames[]): Verdict {
  const roots = stacks.map((stack) => stack.slice(Math.max(0, stack.findLastIndex(isOfApp))));
  return mostSeen(roots) ?? { culprit: undefined, frames: [], share: 0 };
}

/** Nothing stayed, as in a storm of short callbacks: the function of the app that most stacks have on top. */
function mostSeen(stacks: readonly Frames[]): Verdict | undefined {
  const seen = new Map<string, { frames: Frames; count: number }>();
  for (const stack of stacks) {
    const at = stack.findIndex((frame) => isOfApp(frame) && !(frame.entered && stacks.length === 1));
    if (at < 0) continue;
    const key = identity(stack[at]!);
    seen.set(key, { frames: stack.slice(at), count: (seen.get(key)?.count ?? 0) + 1 });
  }
  const most = [...seen.values()].reduce((a, b) => (b.count > a.count ? b : a), { frames: [] as Frames, count: 0 });
  if (most.count === 0) return undefined;
  return { culprit: most.frames[0], frames: most.frames, share: most.count / stacks.length };
}
