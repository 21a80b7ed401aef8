/** A bounded memory of what was used lately. */
export interface Recent<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
}

/**
 * Keeps between `generationMax` and twice as many values: when the young generation is full it becomes the old one, and
 * the one before is forgotten whole. Nothing is kept per value to order them by, so that reading stays one look-up.
 */
export function createRecent<Value>(generationMax: number): Recent<Value> {
  let young = new Map<string, Value>();
  let old = new Map<string, Value>();

  function set(key: string, value: Value): void {
    if (young.size >= generationMax) {
      old = young;
      young = new Map();
    }
    young.set(key, value);
  }

  function get(key: string): Value | undefined {
    const value = young.get(key);
    if (value !== undefined) {
      return value;
    }
    const older = old.get(key);
    if (older !== undefined) {
      set(key, older);
    }
    return older;
  }

  return { get, set };
}
