/** A decimal number as text: an optional sign, digits, and optionally a point with digits after it. Linear in its length. */
const decimal = /^[+-]?\d+(?:\.\d+)?$/;

/** A decimal number, exact at any length. */
export interface Decimal {
  readonly isNegative: boolean;
  /** Digits without leading zeros; "" for none. */
  readonly whole: string;
  /** Digits without trailing zeros; "" for none. */
  readonly fraction: string;
}

/** Null where the text is not one. */
export function parseDecimal(text: string): Decimal | null {
  return decimal.test(text) ? partsOf(text) : null;
}

/** Below 0 where `left` is less, 0 where they are equal. */
export function compareDecimals(left: Decimal, right: Decimal): number {
  if (left.isNegative !== right.isNegative) return left.isNegative ? -1 : 1;
  const lengths = left.whole.length - right.whole.length;
  const size = lengths || order(left.whole, right.whole) || order(left.fraction, right.fraction);
  return left.isNegative ? -size : size;
}

function partsOf(text: string): Decimal {
  const point = text.indexOf(".");
  const end = point === -1 ? text.length : point;
  let from = text.startsWith("-") || text.startsWith("+") ? 1 : 0;
  while (text[from] === "0" && from < end) from += 1;
  let to = text.length;
  while (point !== -1 && text[to - 1] === "0") to -= 1;
  const whole = text.slice(from, end);
  const fraction = point === -1 ? "" : text.slice(point + 1, to);
  return { isNegative: text.startsWith("-") && whole + fraction !== "", whole, fraction };
}

function order(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
