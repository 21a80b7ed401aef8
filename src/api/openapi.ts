import { toJsonSchema } from "@valibot/to-json-schema";
import packageJson from "../../package.json" with { type: "json" };
import { type Method, requests } from "./requests.ts";

/** What each method does, in a sentence. */
const summaries: Readonly<Record<Method, string>> = {
  publish: "Publishes into a channel.",
  broadcast: "Publishes the same into many channels; one outcome for each.",
  send: "Tells every connection of a user, or later the next one.",
  push_log: "Pages through what was pushed, newest first.",
  subscribe: "Subscribes a user's connections to a channel.",
  unsubscribe: "Takes a user's connections out of a channel.",
  disconnect: "Ends a user's connections.",
  refresh: "Moves the expiry of a user's connections, or ends them.",
  presence: "Tells who is in a channel.",
  presence_stats: "Tells how many connections and users are in a channel.",
  history: "Reads a channel's history.",
  history_remove: "Forgets a channel's publications and keeps its position.",
  channels: "Lists the channels with an audience, by a pattern.",
  info: "Tells of the node.",
  rpc: "Calls a method of the server; there are none.",
};

const jsonContent = (schema: object) => ({ content: { "application/json": { schema } } });

const errorSchema = {
  type: "object",
  properties: { code: { type: "integer" }, message: { type: "string" } },
  required: ["code", "message"],
};

const answerSchema = {
  type: "object",
  properties: { result: { type: "object" }, error: { $ref: "#/components/schemas/Error" } },
};

/**
 * The API as an OpenAPI 3.1 document, made from the very schemas that read the requests: it cannot say anything else
 * than they do.
 */
export function describeApi(prefix: string): object {
  const paths = Object.entries(requests).map(([method, schema]) => [
    `${prefix}/${method}`,
    {
      post: {
        operationId: method,
        summary: summaries[method as Method],
        requestBody: { required: true, ...jsonContent(schemaOf(schema)) },
        responses: {
          200: { description: "A result, or an error of the method.", ...jsonContent(answerSchema) },
          400: { description: "The body cannot be read; the place of the mistake is on the second line." },
          401: { description: "No key, or none that is known." },
          413: { description: "The body is over the limit." },
          415: { description: "The body has a Content-Encoding." },
          429: { description: "Too many requests with this key." },
        },
      },
    },
  ]);
  return {
    openapi: "3.1.0",
    info: { title: "Chorus", version: packageJson.version, license: { name: "MIT", identifier: "MIT" } },
    paths: Object.fromEntries(paths),
    components: {
      schemas: { Error: errorSchema },
      securitySchemes: { key: { type: "apiKey", in: "header", name: "X-API-Key" } },
    },
    security: [{ key: [] }],
  };
}

/** What a request may look like before it is read; checks that JSON Schema has no word for are left out. */
function schemaOf(schema: (typeof requests)[Method]): object {
  const { $schema: _, ...rest } = toJsonSchema(schema, { typeMode: "input", errorMode: "ignore" });
  return rest;
}
