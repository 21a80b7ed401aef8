const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~";

/** Applies a fossil patch; throws if it is not one, was made for another text, or its checksum is wrong. */
export function patched(base: Uint8Array, patch: Uint8Array): Uint8Array {
  let at = 0;
  const out: number[] = [];
  const mark = () => String.fromCharCode(patch[at++] ?? 0);
  const integer = () => {
    const from = at;
    let value = 0;
    for (let digit = 0; at < patch.length; at++) {
      digit = digits.indexOf(String.fromCharCode(patch[at]!));
      if (digit < 0) break;
      value = value * 64 + digit;
    }
    if (at === from) throw new Error(`no number at ${at}`);
    return value;
  };
  const size = integer();
  if (mark() !== "\n") throw new Error("no newline after the size");
  while (at < patch.length) {
    const count = integer();
    const operation = mark();
    if (operation === "@") {
      const from = integer();
      if (at < patch.length && mark() !== ",") throw new Error("no comma after a copy");
      if (from + count > base.length) throw new Error("a copy past the end");
      for (let i = 0; i < count; i++) out.push(base[from + i]!);
    } else if (operation === ":") {
      if (at + count > patch.length) throw new Error("an insert past the end");
      for (let i = 0; i < count; i++) out.push(patch[at++]!);
    } else if (operation === ";") {
      if (out.length !== size) throw new Error("another size");
      if (count >>> 0 !== checksum(out)) throw new Error("another checksum");
      return Uint8Array.from(out);
    } else throw new Error("an unknown mark");
  }
  throw new Error("no end");
}

function checksum(bytes: number[]): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 4) {
    const word = (bytes[i]! << 24) | ((bytes[i + 1] ?? 0) << 16) | ((bytes[i + 2] ?? 0) << 8) | (bytes[i + 3] ?? 0);
    sum = (sum + (word >>> 0)) >>> 0;
  }
  return sum;
}
