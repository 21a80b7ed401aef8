import { toJsonSchema } from "@valibot/to-json-schema";
import type { GenericSchema } from "valibot";
import packageJson from "../../package.json" with { type: "json" };
import { batchRequest } from "./batch.ts";
import type { Method } from "./method.ts";
import { methods } from "./methods.ts";
import { jsonOf, reference, refusals } from "./openapi-responses.ts";
import { error, failure } from "./shapes.ts";

/** The options that the description of the API depends on. */
export interface ApiShape {
  /** Without a slash at its end: `/api`. */
  readonly handler_prefix: string;
  readonly query_key: boolean;
  readonly insecure: boolean;
}

/** The API as an OpenAPI 3.1 document, made from the declarations of the methods and the schemas that read requests. */
export function describeApi({ handler_prefix: prefix, query_key, insecure }: ApiShape): object {
  const keys = {
    key: { type: "apiKey", in: "header", name: "X-API-Key" },
    authorization: { type: "apiKey", in: "header", name: "Authorization", description: "The word apikey and the key." },
    ...(query_key && { query: { type: "apiKey", in: "query", name: "api_key" } }),
  };
  return {
    openapi: "3.1.0",
    info: {
      title: "Chorus",
      version: packageJson.version,
      description: `What a back end can do. The content type of a request is not looked at. Methods that Centrifugo has are as there; ${own} are Chorus's own.`,
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    paths: {
      ...Object.fromEntries(methods.map((method) => [`${prefix}/${method.name}`, { post: operationOf(method) }])),
      [`${prefix}/batch`]: { post: batch() },
      [prefix]: { post: lines() },
    },
    components: {
      schemas: {
        Error: schemaOf(error),
        Failure: schemaOf(failure),
        ...Object.fromEntries(methods.map((method) => [`${method.name}_request`, requestOf(method)])),
        ...Object.fromEntries(methods.map(({ name, result }) => [`${name}_result`, schemaOf(result)])),
      },
      parameters: {
        errorMode: {
          name: "X-Centrifugo-Error-Mode",
          in: "header",
          description: "`transport`: an error is an HTTP status too, and the body is the error alone.",
          schema: { type: "string" },
        },
      },
      securitySchemes: insecure ? {} : keys,
    },
    security: insecure ? [] : Object.keys(keys).map((name) => ({ [name]: [] })),
  };
}

const own = methods
  .filter(({ isOwn }) => isOwn)
  .map(({ name }) => name)
  .join(", ");

const parameters = [{ $ref: "#/components/parameters/errorMode" }];

function operationOf({ name, summary }: Method) {
  const answer = { type: "object", properties: { result: reference(`${name}_result`) }, required: ["result"] };
  return {
    operationId: name,
    summary,
    parameters,
    requestBody: { required: true, ...jsonOf(reference(`${name}_request`)) },
    responses: {
      200: {
        description: "A result, or an error of the method.",
        ...jsonOf({ oneOf: [{ ...answer, additionalProperties: false }, reference("Failure")] }),
      },
      ...refusals,
    },
  };
}

/** Each command and each reply has one method as its only member; of a command those that are null do not count. */
function batch() {
  const { properties, ...request } = schemaOf(batchRequest);
  const command = Object.fromEntries(
    methods.map(({ name }) => [name, { anyOf: [reference(`${name}_request`), { type: "null" }] }]),
  );
  const reply = methods.map(({ name }) => ({
    type: "object",
    properties: { [name]: reference(`${name}_result`) },
    required: [name],
  }));
  const item = { anyOf: [{ type: "object", properties: command }, { type: "null" }] };
  const commands = {
    anyOf: [{ type: "array", items: item }, { type: "null" }],
    description: "Each an object with one method and its request.",
  };
  const replies = { type: "array", items: { oneOf: [...reply, reference("Failure")] } };
  return {
    operationId: "batch",
    summary: "Runs several commands; one reply for each, in their order.",
    requestBody: { required: true, ...jsonOf({ ...request, properties: { ...properties, commands } }) },
    responses: {
      200: {
        description: "The replies, not wrapped in a result; an error where there are too many commands.",
        ...jsonOf({
          oneOf: [{ type: "object", properties: { replies }, additionalProperties: false }, reference("Failure")],
        }),
      },
      ...refusals,
    },
  };
}

/** The older form, which cent.js's pipeline speaks. */
function lines() {
  return {
    operationId: "lines",
    summary: 'Runs several commands: one a line, {"id"?, "method", "params"}, with a reply a line.',
    requestBody: { required: true, content: { "text/plain": { schema: { type: "string", pattern: "\\S" } } } },
    responses: {
      200: {
        description: 'A reply a line, {"id"?, "result"} or {"id"?, "error"}; an error where there are too many lines.',
        content: { "application/json": {} },
      },
      ...refusals,
    },
  };
}

/** What a request may look like that is not answered with 107 for what it lacks. */
function requestOf({ request, needs: required, isOwn }: Method) {
  const { properties = {}, ...rest } = schemaOf(request);
  const given = Object.fromEntries(required.map((name) => [name, filled(properties[name])]));
  const known = isOwn ? { additionalProperties: false } : {};
  return { ...rest, properties: { ...properties, ...given }, required, ...known };
}

/** A text or a list that must be there: not null, and not empty. */
function filled(schema: ReturnType<typeof schemaOf>["additionalProperties"]) {
  if (typeof schema !== "object") return schema;
  const { anyOf = [], default: _, ...rest } = schema;
  for (const given of anyOf) {
    if (typeof given !== "object" || given.type === "null") continue;
    return { ...rest, ...given, ...(given.type === "array" ? { minItems: 1 } : { minLength: 1 }) };
  }
  return schema;
}

/** What a value may look like before it is read; checks that JSON Schema has no word for are left out. */
function schemaOf(schema: GenericSchema) {
  const { $schema: _, ...rest } = toJsonSchema(schema, { typeMode: "input", errorMode: "ignore" });
  return rest;
}
