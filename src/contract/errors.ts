/** What Chorus itself refuses with; each has its number in the protocol. */
export type Reason = "unauthorized" | "forbidden" | "unknown" | "limited" | "unavailable" | "bad_request" | "expired";

/** The smallest and the largest number of an application's own error. */
const ownCodeMin = 400;
const ownCodeMax = 1999;

/** The numbers of the Centrifuge protocol for each reason; the server answers with the first. */
const numbers: Readonly<Record<Reason, readonly number[]>> = {
  unauthorized: [101],
  forbidden: [103],
  unknown: [102, 104],
  limited: [111, 106],
  unavailable: [100, 108],
  bad_request: [107, 105, 112],
  expired: [110, 109],
};

const reasons = new Map<number, Reason>(
  Object.entries(numbers).flatMap(([reason, list]) => list.map((number) => [number, reason as Reason] as const)),
);

/** The reason of an error number of the protocol; null for any other number. */
export function reasonOf(number: number): Reason | null {
  return reasons.get(number) ?? null;
}

/** The number that a reason is answered with; null where the text is no reason. */
export function numberOf(reason: string): number | null {
  return Object.hasOwn(numbers, reason) ? (numbers[reason as Reason][0] ?? null) : null;
}

/**
 * Checks the error codes that a channel or a call declares.
 *
 * @throws TypeError where a number is outside 400 to 1999 or is used twice, or a name is one of Chorus' reasons
 */
export function assertErrorCodes(owner: string, errors: Readonly<Record<string, number>>): void {
  const seen = new Set<number>();
  for (const [name, number] of Object.entries(errors)) {
    if (!Number.isInteger(number) || number < ownCodeMin || number > ownCodeMax) {
      throw new TypeError(`${owner}: the error ${name} needs a number from 400 to 1999, not ${number}`);
    }
    if (seen.has(number)) throw new TypeError(`${owner}: two errors have the number ${number}`);
    if (numberOf(name) !== null) throw new TypeError(`${owner}: the error ${name} has the name of a reason of Chorus`);
    seen.add(number);
  }
}
