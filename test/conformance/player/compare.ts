/** Whether a step's result is the recorded one. Of a 4xx response only the status counts: its words are the server's own. */
export function isSame(want: any, got: any): boolean {
  const isRefusal = got.status >= 400 && got.status < 500;
  return isNear(want, got) || (isRefusal && isNear({ ...want, body: 0 }, { ...got, body: 0 }));
}

/** The same fields with the same values, in any order; remaining seconds may differ by one. */
export function isNear(want: any, got: any, key = ""): boolean {
  if (typeof want === "number" && typeof got === "number" && (key === "ttl" || key === "expires_in"))
    return Math.abs(want - got) <= 1;
  if (Array.isArray(want) && Array.isArray(got))
    return want.length === got.length && want.every((value, i) => isNear(value, got[i]));
  if (!isObject(want) || !isObject(got)) return want === got;
  const keys = Object.keys(want);
  return (
    keys.length === Object.keys(got).length && keys.every((name) => name in got && isNear(want[name], got[name], name))
  );
}

const isObject = (value: any): boolean => typeof value === "object" && value !== null && !Array.isArray(value);
