/** Numbers as text. Pure. */

/**
 * The shortest decimal that reads back as the same number, never with an exponent, which not every reader of the
 * protocol takes: `0.004`, `0.0000001`; `-0` is `0`. For finite numbers.
 */
export function decimal(value: number): string {
  const text = String(value);
  if (!text.includes('e')) return text;
  const [, sign, whole, fraction = '', power] = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text)!;
  const digits = whole! + fraction;
  const point = 1 + Number(power);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return sign + digits.padEnd(point, '0');
}
