/** What is there already, or will be: a value that nobody has to wait for costs no promise (0.25 us each, measured). */
export type Eventually<Value> = Value | Promise<Value>;

/** Goes on with a value when it is there: at once, or later. */
export function whenThere<Value, Result>(
  value: Eventually<Value>,
  goOn: (value: Value) => Eventually<Result>,
): Eventually<Result> {
  return value instanceof Promise ? value.then(goOn) : goOn(value);
}

/** All of them, in their order. */
export function whenAllThere<Value>(values: readonly Eventually<Value>[]): Eventually<readonly Value[]> {
  const isThere = (value: Eventually<Value>): value is Value => !(value instanceof Promise);
  return values.every(isThere) ? values : Promise.all(values);
}

/** The value that `start` is answered with, which may be before it returns. */
export function eventually<Value>(start: (answer: (value: Value) => void) => void): Eventually<Value> {
  let given: { readonly value: Value } | null = null;
  let take = (value: Value): void => {
    given = { value };
  };
  start((value) => take(value));
  // TypeScript does not see that `start` may have called back.
  const early = given as { readonly value: Value } | null;
  if (early) return early.value;
  const { promise, resolve } = Promise.withResolvers<Value>();
  take = resolve;
  return promise;
}
