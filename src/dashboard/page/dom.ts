/** Elements, made without markup: no text of the app is ever parsed. */

type Child = Node | string | null | undefined | false;

/** `class` and other attributes; false and undefined leave one out, true is an empty one. */
export type Props = Readonly<Record<string, string | number | boolean | undefined>>;

export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  setAttributes(element, props);
  append(element, children);
  return element;
}

const SVG = 'http://www.w3.org/2000/svg';

export function svg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  props: Props = {},
  ...children: Child[]
): SVGElementTagNameMap[Tag] {
  const element = document.createElementNS(SVG, tag);
  setAttributes(element, props);
  append(element, children);
  return element;
}

export function button(props: Props, press: () => void, ...children: Child[]): HTMLButtonElement {
  const element = h('button', { type: 'button', ...props }, ...children);
  element.addEventListener('click', press);
  return element;
}

/** Touches the document only where it changes. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element: Element, name: string, value: string | undefined): void {
  if (value === undefined) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** The children in this order, those that stay in place untouched. */
export function setChildren(parent: Element, children: readonly Node[]): void {
  children.forEach((child, at) => {
    const present = parent.childNodes[at];
    if (present !== child) parent.insertBefore(child, present ?? null);
  });
  while (parent.childNodes.length > children.length) parent.lastChild!.remove();
}

/** Of the document itself. @throws when index.html has none */
export function find(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (!element) throw new Error(`index.html has no #${id}`);
  return element;
}

function setAttributes(element: Element, props: Props): void {
  for (const [name, value] of Object.entries(props)) {
    if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
}

function append(element: Element, children: readonly Child[]): void {
  for (const child of children) if (child !== null && child !== undefined && child !== false) element.append(child);
}
