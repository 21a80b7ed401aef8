import * as v from "valibot";

/** What a push asks of the server's HTTP API: a method and its body. */
export interface PushRequest {
  readonly method: "publish" | "broadcast" | "send";
  readonly body: Readonly<Record<string, unknown>>;
}

/** What came of a call: a result, or words for the person. */
export type Answer<Result> =
  | { readonly ok: true; readonly result: Result }
  | { readonly ok: false; readonly words: string };

/** One line of the push log; never a payload. */
export type PublishLogEntry = v.InferOutput<typeof entrySchema>;

const errorSchema = v.object({ code: v.number(), message: v.string() });

const entrySchema = v.object({
  /** Milliseconds since 1970. */
  time: v.number(),
  /** The name of the API key; "" for what was delivered later. */
  key: v.string(),
  method: v.string(),
  target: v.string(),
  bytes: v.number(),
  /** Connections that it reached. */
  connections: v.optional(v.number(), 0),
  queued: v.boolean(),
  outcome: v.string(),
});

const pageSchema = v.object({ entries: v.array(entrySchema), cursor: v.optional(v.string()) });

const resultSchemas = {
  publish: v.object({ offset: v.optional(v.number(), 0) }),
  broadcast: v.object({ responses: v.array(v.object({ error: v.optional(errorSchema) })) }),
  send: v.object({ connections: v.number(), queued: v.boolean() }),
};

/** Makes the push and returns the result in words. */
export async function push(key: string, request: PushRequest): Promise<Answer<string>> {
  switch (request.method) {
    case "publish": {
      const answer = await call(key, request, resultSchemas.publish);
      return tell(answer, ({ offset }) => (offset === 0 ? "Published." : `Published with offset ${offset}.`));
    }
    case "broadcast": {
      const answer = await call(key, request, resultSchemas.broadcast);
      return tell(answer, ({ responses }) => {
        const refused = responses.filter(({ error }) => error !== undefined);
        const reasons = [...new Set(refused.map(({ error }) => error?.message))].join(", ");
        const published = `Published to ${responses.length - refused.length} of ${responses.length} channels`;
        return refused.length === 0 ? `${published}.` : `${published}; refused: ${reasons}.`;
      });
    }
    case "send": {
      const answer = await call(key, request, resultSchemas.send);
      return tell(answer, ({ connections, queued }) => {
        if (connections > 0) return `Sent to ${connections} ${connections === 1 ? "connection" : "connections"}.`;
        return queued ? "Nobody is connected: it is kept and sent at the next connect." : "Nobody is connected.";
      });
    }
  }
}

/** A page of the log, the newest entry first: the newest page, or that at the cursor of the page before. */
export function pushLog(
  key: string,
  page: { readonly limit: number; readonly cursor?: string },
): Promise<Answer<v.InferOutput<typeof pageSchema>>> {
  return call(key, { method: "push_log", body: page }, pageSchema);
}

/** What became of a push, in a word or two. */
export function outcomeWords({ outcome, queued }: Pick<PublishLogEntry, "outcome" | "queued">): string {
  if (queued) return "waits";
  return /^\d+$/.test(outcome) ? `refused (${outcome})` : outcome.replace("_", " ");
}

function tell<Result>(answer: Answer<Result>, words: (result: Result) => string): Answer<string> {
  return answer.ok ? { ok: true, result: words(answer.result) } : answer;
}

async function call<Schema extends v.GenericSchema>(
  key: string,
  { method, body }: { readonly method: string; readonly body: unknown },
  schema: Schema,
): Promise<Answer<v.InferOutput<Schema>>> {
  let response: Response;
  let text: string;
  try {
    // The key goes in a header: an address ends up in logs and histories.
    response = await fetch(`api/${method}`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-api-key": key },
      body: JSON.stringify(body),
      credentials: "omit",
      cache: "no-store",
    });
    text = await response.text();
  } catch {
    return { ok: false, words: "The server cannot be reached." };
  }
  if (!response.ok) return { ok: false, words: refusalWords(response.status, text) };
  return readAnswer(text, schema);
}

/** Reads the body of an answer: `{"result": …}` or `{"error": {code, message}}`. */
export function readAnswer<Schema extends v.GenericSchema>(
  text: string,
  schema: Schema,
): Answer<v.InferOutput<Schema>> {
  const envelope = v.safeParse(
    v.pipe(v.string(), v.parseJson(), v.object({ result: v.optional(schema), error: v.optional(errorSchema) })),
    text,
  );
  if (!envelope.success) return { ok: false, words: "The server's answer is not understood." };
  const { result, error } = envelope.output;
  if (error !== undefined) return { ok: false, words: `Refused: ${error.message} (${error.code}).` };
  if (result === undefined) return { ok: false, words: "The server's answer is not understood." };
  return { ok: true, result };
}

/** What an HTTP status of the API means for the person. */
export function refusalWords(status: number, body: string): string {
  switch (status) {
    case 401:
      return "The API key is not right.";
    case 403:
      return "This API key may not do that.";
    case 404:
      return "The HTTP API is off: set http_api.key in the server's configuration, or start it with CHORUS_HTTP_API_KEY=secret. With http_server.internal_port it is on that port alone.";
    case 413:
      return "That is more than the server takes.";
    case 429:
      return "Too many requests with this key; try again in a moment.";
    case 503:
      return "The server shuts down.";
    default:
      return `Refused with HTTP ${status}: ${body.split("\n").join(" ").trim().slice(0, 200)}`;
  }
}
