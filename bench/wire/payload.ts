/** Digits of the number that every publication of a run carries. */
export const numberDigits = 9;

const prefix = '{"n":"';
const middle = '","p":"';
const suffix = '"}';

/** Bytes of the smallest payload: a number and no padding. */
export const payloadMin = prefix.length + numberDigits + middle.length + suffix.length;

/**
 * What the load publishes: JSON that every protocol can carry, of a fixed length, with the number of the publication in
 * it. Number and padding stand in the same place every time, so that frames of a run have one length.
 */
export function payloadOf(number: number, bytes: number): string {
  if (bytes < payloadMin) throw new Error(`a payload needs at least ${payloadMin} bytes`);
  return `${prefix}${String(number).padStart(numberDigits, "0")}${middle}${"x".repeat(bytes - payloadMin)}${suffix}`;
}

/** Where the digits of the number begin, in a text that contains the payload. */
export function numberAt(text: string): number {
  const at = text.indexOf(prefix);
  if (at < 0) throw new Error("the text holds no payload");
  return at + prefix.length;
}
