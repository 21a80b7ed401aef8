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

  /** Takes the room of a text, where it fits. */
  takes(text: string): boolean {
    const bytes = Buffer.byteLength(text);
    if (bytes > this.left) return false;
    this.left -= bytes;
    return true;
  }
}

/** The error of a result for which there is no room. */
export const tooLarge: ClientError = withReason(
  errors.limitExceeded,
  "the answer would be over http_api.response_size_limit",
);

/**
 * Encodes items and joins them with commas, in slices of time, as long as there may be room for them: a unit of UTF-16
 * is at least one byte. The text is built without a copy for each of its parts: an answer may be long.
 */
export function encodeList<Item>(
  items: Iterable<Item>,
  encode: (item: Item) => string,
  { room, slices }: { readonly room: AnswerRoom; readonly slices: Slices },
): MaybePromise<Result<string>> {
  let list = "";
  const step = (item: Item): boolean => {
    list = list === "" ? encode(item) : `${list},${encode(item)}`;
    return list.length <= room.left;
  };
  return then(slices.each(items, step), () =>
    list.length <= room.left ? { ok: true, value: list } : refuse(tooLarge),
  );
}
