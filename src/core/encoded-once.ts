/** Encodes each object once: what it was encoded to is kept as long as the object is. The object must not change. */
export function encodedOnce<Value extends object, Encoded>(
  encode: (value: Value) => Encoded,
): (value: Value) => Encoded {
  const known = new WeakMap<Value, { readonly encoded: Encoded }>();
  return (value) => {
    const found = known.get(value);
    if (found !== undefined) return found.encoded;
    const encoded = encode(value);
    known.set(value, { encoded });
    return encoded;
  };
}
