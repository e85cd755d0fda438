/** Texts of the app, which may be anything, as text to look at. Pure. */

/**
 * Characters that show nothing or reorder what stands around them: controls, line separators, bidirectional marks and
 * overrides, zero-width ones, byte-order mark.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** With what cannot be seen written as `\u202e`. */
export function visible(text: string): string {
  return text.replace(UNSEEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** `3 requests`, `1 request`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** `route="/x", port=80`. */
export function attributesText(attributes: Readonly<Record<string, string | number | boolean>>): string {
  const parts = Object.entries(attributes).map(
    ([key, value]) => `${visible(key)}=${typeof value === 'string' ? JSON.stringify(visible(value)) : value}`,
  );
  return parts.join(', ');
}
