import { type ClientError, errors } from "../core/errors.ts";
import type { Position, Publication } from "../core/publication.ts";
import { encodePublication } from "../protocol/centrifuge/json/publication.ts";

/** `{"error":{...}}`; whether an error is temporary is for clients, not for back ends. */
export function encodeError({ code, message }: { readonly code: number; readonly message: string }): string {
  return `{"error":{"code":${code},"message":${JSON.stringify(message)}}}`;
}

/** An error that says more than Centrifugo's words, where it has no such error or the caller would have to guess. */
export function tell({ code, message }: ClientError, why: string): ClientError {
  return { code, message: `${message}: ${why}` };
}

/** An error of a method of our own: it says which field is wrong, and what was expected there. */
export function badField(place: string): ClientError {
  return tell(errors.badRequest, place);
}

/** Where a publish stands; nothing where it is not kept. */
export function encodePosition({ offset, epoch }: Position): string {
  if (epoch === "") return "{}";
  return offset === 0 ? `{"epoch":${JSON.stringify(epoch)}}` : `{"offset":${offset},"epoch":${JSON.stringify(epoch)}}`;
}

/** A publication in a history that a back end reads: the epoch stands beside it and not in it. */
export function encodeKept(publication: Publication): string {
  return encodePublication({ ...publication, epoch: "" });
}

/** An object of what a map holds. */
export function encodeMap<Value>(map: ReadonlyMap<string, Value>, encode: (value: Value) => string): string {
  return `{${Array.from(map, ([name, value]) => `${JSON.stringify(name)}:${encode(value)}`).join(",")}}`;
}
