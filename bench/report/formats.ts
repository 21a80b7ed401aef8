import { $ } from "mitata";
import type { Spread } from "../measure/spread.ts";

declare module "mitata" {
  /** mitata's own ways to write figures; exported, and missing from its types (1.0.34). */
  export const $: {
    time(nanoseconds: number): string;
    amount(count: number): string;
    bytes(bytes: number): string;
  };
}

const none = "-";

/** A time, as mitata writes it. */
export function time(nanoseconds: number): string {
  return Number.isFinite(nanoseconds) ? $.time(nanoseconds) : none;
}

/** A count or a rate, as mitata writes it. */
export function amount(count: number): string {
  return Number.isFinite(count) ? $.amount(count) : none;
}

/** A size, as mitata writes it. */
export function bytes(count: number): string {
  return Number.isFinite(count) ? $.bytes(count).replace("  ", " ") : none;
}

/** A share of one core. */
export function share(value: number): string {
  return Number.isFinite(value) ? `${Math.round(value * 100)} %` : none;
}

/** A ratio with its spread over the rounds: never one number alone. */
export function ratio(spread: Spread | null): string {
  if (!spread) return none;
  const digits = spread.max >= 10 ? 1 : 2;
  const write = (value: number) => value.toFixed(digits);
  return `${write(spread.median)} (${write(spread.min)}-${write(spread.max)})`;
}

/** A count with thousands set apart. */
export function thousands(count: number): string {
  return count.toLocaleString("en-US");
}
