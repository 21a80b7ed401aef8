import { jsonLevelsMax } from "../core/json.ts";
import type { MaybePromise } from "../core/maybe-promise.ts";
import type { Payload } from "../core/payload.ts";
import { refuseField } from "./operation-error.ts";

/**
 * A value of the application as a payload: buffers, views and blobs are bytes, everything else is JSON. The bytes are
 * copied: what the application does with its buffer later does not change what was published.
 *
 * @throws OperationError with the place of a part that JSON cannot hold
 */
export function payloadOfValue(value: unknown): MaybePromise<Payload> {
  if (value instanceof Blob) return bytesOfBlob(value);
  const bytes = bytesOf(value);
  return bytes ? { kind: "binary", bytes } : { kind: "json", json: jsonOfValue("data", value) };
}

/** A copy of the bytes of a buffer or of a view; null for any other value. */
function bytesOf(value: unknown): Uint8Array | null {
  if (value instanceof SharedArrayBuffer) return new Uint8Array(value).slice();
  if (!ArrayBuffer.isView(value) && !(value instanceof ArrayBuffer)) return null;
  const buffer = ArrayBuffer.isView(value) ? value.buffer : value;
  if (buffer instanceof ArrayBuffer && buffer.detached) refuseField("data: expected bytes, got a detached buffer");
  const offset = ArrayBuffer.isView(value) ? value.byteOffset : 0;
  return new Uint8Array(buffer, offset, value.byteLength).slice();
}

async function bytesOfBlob(blob: Blob): Promise<Payload> {
  const bytes = await blob.bytes().catch((): null => null);
  return bytes ? { kind: "binary", bytes } : refuseField("data: expected a Blob that can be read");
}

/**
 * A value of the application as the text of a JSON value. Unlike `JSON.stringify` it drops nothing: a part that JSON
 * cannot hold (a Map, a function, NaN, undefined in a list, bytes) is refused. A property that is undefined is absent,
 * and `toJSON` is called, as everywhere.
 *
 * @throws OperationError with the place of that part
 */
export function jsonOfValue(field: string, value: unknown): string {
  return new JsonWriter(field).write(value);
}

/** Writes one value. */
class JsonWriter {
  readonly #field: string;
  /** The names and numbers that lead to the part that is written. */
  readonly #path: (string | number)[] = [];
  /** The lists and objects that this part is in: one that is in itself is a circle. */
  readonly #outer: object[] = [];

  constructor(field: string) {
    this.#field = field;
  }

  write(value: unknown): string {
    switch (typeof value) {
      case "string":
        return JSON.stringify(value);
      case "boolean":
        return String(value);
      case "number":
        return Number.isFinite(value) ? JSON.stringify(value) : this.#refuse(String(value));
      case "object":
        return value === null ? "null" : this.#writeObject(value);
      default:
        return this.#refuse(typeof value === "undefined" ? "undefined" : `a ${typeof value}`);
    }
  }

  #writeObject(value: object): string {
    if (this.#outer.includes(value)) return this.#refuse("a circle");
    if (this.#outer.length === jsonLevelsMax) return this.#refuse(`more than ${jsonLevelsMax} levels`);
    if (ArrayBuffer.isView(value)) return this.#refuse("bytes inside of JSON");
    this.#outer.push(value);
    const json = this.#writeParts(value);
    this.#outer.pop();
    return json;
  }

  #writeParts(value: object): string {
    if (Array.isArray(value)) return this.#writeList(value);
    if (!("toJSON" in value) || typeof value.toJSON !== "function") return this.#writeMembers(value);
    if (value instanceof Date && Number.isNaN(value.getTime())) return this.#refuse("an invalid date");
    return this.write(value.toJSON(String(this.#path.at(-1) ?? "")));
  }

  #writeList(list: readonly unknown[]): string {
    // A hole has no key; a key that is no number would be lost.
    if (Object.keys(list).length !== list.length) return this.#refuse("a list with holes or with names");
    return `[${list.map((item, index) => this.#writeAt(index, item)).join(",")}]`;
  }

  #writeMembers(value: object): string {
    const type = Object.prototype.toString.call(value).slice(8, -1);
    if (type !== "Object") return this.#refuse(`a value of type ${type}`);
    const names = Object.keys(value);
    if (
      Object.getOwnPropertySymbols(value).some((symbol) => Object.prototype.propertyIsEnumerable.call(value, symbol))
    ) {
      return this.#refuse("an object with symbols for names");
    }
    const prototype: unknown = Object.getPrototypeOf(value);
    const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
    if (names.length === 0 && !isPlain) return this.#refuse("an object without fields of its own");
    const members: string[] = [];
    for (const name of names) {
      const member: unknown = Reflect.get(value, name);
      if (member !== undefined) members.push(`${JSON.stringify(name)}:${this.#writeAt(name, member)}`);
    }
    return `{${members.join(",")}}`;
  }

  #writeAt(key: string | number, value: unknown): string {
    this.#path.push(key);
    const json = this.write(value);
    this.#path.pop();
    return json;
  }

  #refuse(found: string): never {
    const place = [this.#field, ...this.#path].join(".");
    return refuseField(`${place}: expected a value that JSON can hold, got ${found}`);
  }
}
