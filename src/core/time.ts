declare const unit: unique symbol;

/** A length of time, or an instant (since 1970, or since an arbitrary start), in milliseconds. */
export type Milliseconds = number & { readonly [unit]: "milliseconds" };

/** Names the unit of a number: for constants, and for results of arithmetic, which have lost theirs. */
export function milliseconds(value: number): Milliseconds {
  return value as Milliseconds;
}
