/** How long after sending a close with a refusal is taken for the answer, in milliseconds. */
const answerMs = 10_000;

/** Closes that mean that what was sent last did not reach the channel: over a size, not permitted, not understood, too much. */
const refusals: ReadonlySet<number> = new Set([1007, 1008, 1009, 3013, 3501, 3507, 3508]);

/** Something sent that can be marked as not sent. */
interface Sent {
  /** Bytes of its frame. */
  readonly bytes: number;
  notSent(): void;
}

/**
 * What was sent lately over the connection. The plain protocol acknowledges nothing: whether something arrived shows in
 * how the connection ends.
 */
export interface SentLately {
  add(sent: Sent): void;
  /** The connection ended; `unsent` bytes never left the browser. */
  closed(code: number, unsent: number): void;
}

/** `now` in monotonic milliseconds. */
export function createSentLately(now: () => number): SentLately {
  let entries: { readonly sent: Sent; readonly at: number }[] = [];
  return {
    add(sent) {
      const at = now();
      entries = [...entries.filter((each) => at - each.at < answerMs), { sent, at }];
    },
    closed(code, unsent) {
      let rest = unsent;
      for (const { sent, at } of entries.toReversed()) {
        if (rest > 0 || (refusals.has(code) && now() - at < answerMs)) sent.notSent();
        rest -= sent.bytes;
      }
      entries = [];
    },
  };
}
