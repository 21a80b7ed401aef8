import type { Clock } from "../core/clock.ts";

const millisecondsOf = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;

/**
 * A time to live as a person writes it, in milliseconds: seconds (`3600`, and `-1` or `0` for no end, as in Centrifugo)
 * or a duration (`1h30m`, `45s`). Undefined where it is neither.
 */
export function parseTtl(text: string): number | undefined {
  if (/^-?\d{1,12}$/.test(text)) return Number(text) * 1000;
  if (!/^(?:\d{1,12}(?:\.\d{1,9})?(?:h|ms|m|s))+$/.test(text)) return undefined;
  const parts = text.matchAll(/([\d.]+)(h|ms|m|s)/g);
  return parts.reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * millisecondsOf[unit as keyof typeof millisecondsOf],
    0,
  );
}

/** The last moment that a date can show, in seconds since 1970. */
const dateSecondsMax = 8.64e12;

/** A moment and how far it is away, for a person: `2027-01-15T08:00:00Z (in 6d 23h)`. */
export function describeMoment(seconds: number, clock: Clock): string {
  const away = seconds - clock.wall() / 1000;
  const distance = away >= 0 ? `in ${describeSpan(away)}` : `${describeSpan(-away)} ago`;
  if (Math.abs(seconds) > dateSecondsMax) return `at ${seconds} seconds after 1970`;
  return `${new Date(seconds * 1000).toISOString().replace(".000Z", "Z")} (${distance})`;
}

/** A span in its two largest units. */
function describeSpan(seconds: number): string {
  const units = [
    { name: "d", size: 86_400 },
    { name: "h", size: 3_600 },
    { name: "m", size: 60 },
    { name: "s", size: 1 },
  ];
  let rest = Math.round(seconds);
  const parts = units.map(({ name, size }) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return { count, text: `${count}${name}` };
  });
  const first = parts.findIndex(({ count }) => count > 0);
  if (first < 0) return "0s";
  return parts
    .slice(first, first + 2)
    .filter(({ count }) => count > 0)
    .map(({ text }) => text)
    .join(" ");
}
