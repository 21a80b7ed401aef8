import { type ClientError, errors, withReason } from "../core/errors.ts";
import { type MaybePromise, then } from "../core/maybe-promise.ts";
import { type Result, refuse } from "../core/result.ts";
import type { Slices } from "../core/slices.ts";

/** The bytes that one answer may still have. */
export class AnswerRoom {
  left: number;

  constructor(bytes: number) {
    this.left = bytes;
  }

  /** Whether a text fits. */
  fits(text: string): boolean {
    // UTF-8 has at most three bytes for each unit of UTF-16.
    return text.length * 3 <= this.left || Buffer.byteLength(text) <= this.left;
  }

  /** Takes the room of a text. */
  take(text: string): void {
    this.left -= Buffer.byteLength(text);
  }
}

/** The error of a result for which there is no room. */
export const tooLarge: ClientError = withReason(
  errors.limitExceeded,
  "the answer would be over http_api.response_size_limit",
);

/** Encodes items and joins them with commas, in slices of time, as long as there is room for them. */
export function encodeList<Item>(
  items: Iterable<Item>,
  encode: (item: Item) => string,
  { room, slices }: { readonly room: AnswerRoom; readonly slices: Slices },
): MaybePromise<Result<string>> {
  const parts: string[] = [];
  let left = room.left + 1;
  const step = (item: Item): boolean => {
    const part = encode(item);
    left -= Buffer.byteLength(part) + 1;
    return left >= 0 && parts.push(part) > 0;
  };
  return then(slices.each(items, step), () => (left >= 0 ? { ok: true, value: parts.join(",") } : refuse(tooLarge)));
}
