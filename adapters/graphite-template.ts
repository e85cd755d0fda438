/** The template of dotted paths. Pure. */

export const PLACEHOLDERS = ['service', 'host', 'instance', 'metric', 'attributes'] as const;

export type Placeholder = (typeof PLACEHOLDERS)[number];

/** One node of a path: a placeholder, or a text as it is. */
export type TemplateNode = { readonly placeholder: Placeholder } | { readonly literal: string };

export type Template = readonly TemplateNode[];

/**
 * Reads `{service}.{host}.{metric}.{attributes}`: nodes with dots between them, each a placeholder or a literal of
 * `A-Z a-z 0-9 _ -`. `{metric}` and `{attributes}` must be there, since series would overwrite each other without.
 */
export function parseTemplate(text: string): { readonly value: Template } | { readonly remedy: string } {
  const nodes = text.split('.').map(parseNode);
  const has = (placeholder: Placeholder) =>
    nodes.filter((node) => node !== undefined && 'placeholder' in node && node.placeholder === placeholder).length ===
    1;
  if (!nodes.every((node) => node !== undefined) || !has('metric') || !has('attributes')) {
    const all = PLACEHOLDERS.map((name) => `{${name}}`).join(', ');
    return { remedy: `nodes with dots between them, each one of ${all} or a word, {metric} and {attributes} once` };
  }
  return { value: nodes };
}

function parseNode(text: string): TemplateNode | undefined {
  if (/^[\w-]{1,100}$/.test(text)) return { literal: text };
  const placeholder = PLACEHOLDERS.find((name) => text === `{${name}}`);
  return placeholder === undefined ? undefined : { placeholder };
}
