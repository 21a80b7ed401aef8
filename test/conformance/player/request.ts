import type { Step } from "./recording.ts";
import * as wire from "./wire.ts";

const apiHeaders = { "X-API-Key": "apikey", "content-type": "application/json" };

/** Makes the HTTP request of a step, and reads the response as it is recorded. */
export async function request(base: string, step: Step, fill: (value: any) => any): Promise<any> {
  const [method, path] = step.http ? step.http.split(" ") : ["POST", `/api/${step.api}`];
  const response = await fetch(base + path, {
    method,
    body: bodyOf(step, fill),
    headers: fill(step.headers ?? (step.http ? {} : apiHeaders)),
    redirect: "manual",
  });
  const text = await response.text();
  let body: any = text.trimEnd();
  try {
    body = JSON.parse(text);
  } catch {}
  return { status: response.status, ...keptHeaders(response, step), body };
}

/** The headers of a response that are recorded. */
export function keptHeaders({ headers }: Response, { keep }: Step): { headers?: Record<string, string | null> } {
  if (!keep) return {};
  return {
    headers: Object.fromEntries(
      keep.filter((name: string) => headers.has(name)).map((name: string) => [name, headers.get(name)]),
    ),
  };
}

function bodyOf({ body, proto }: Step, fill: (value: any) => any): any {
  if (body === undefined) return undefined;
  if (proto) return wire.encode(proto, fill(body));
  if (typeof body !== "string") return JSON.stringify(fill(body));
  return body.startsWith("hex:") ? wire.bytesOf(body) : fill(body);
}
