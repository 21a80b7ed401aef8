/** A length of time, or an instant (since 1970, or since an arbitrary start), in milliseconds. */
export type Milliseconds = number & { readonly "~unit": "milliseconds" };

/** An instant since 1970, or a length of time, in seconds: what tokens, the API and the protocol count in. */
export type Seconds = number & { readonly "~unit": "seconds" };

/** Names the unit of a number: for constants, and for results of arithmetic, which have lost theirs. */
export function milliseconds(value: number): Milliseconds {
  return value as Milliseconds;
}

/** Names the unit of a number that came from a token or a back end. */
export function seconds(value: number): Seconds {
  return value as Seconds;
}

export function toMilliseconds(value: Seconds): Milliseconds {
  return milliseconds(value * 1000);
}
