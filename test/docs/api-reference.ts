import { describeApi } from "../../src/api/openapi.ts";

/** Where the reference of the HTTP API is. */
export const referencePath = `${import.meta.dir}/../../docs/reference/api.md`;

const introduction = `# HTTP API

What a back end can do, by \`POST /api/METHOD\` with a JSON object and the header \`X-API-Key\`. The API answers once
\`http_api.key\` or one of \`http_api.keys\` is set. Methods that Centrifugo has are as there. A running server describes them
as OpenAPI 3.1 at \`/api/openapi.json\`.

\`\`\`sh
curl -H "X-API-Key: secret" -d '{"channel": "news", "data": {"hello": 1}}' http://localhost:8080/api/publish
\`\`\`

The answer has the status 200 and is \`{"result": {...}}\`, or \`{"error": {"code", "message"}}\` with a [code](codes.md). With the
header \`X-Centrifugo-Error-Mode: transport\` an error is an HTTP status too. Other statuses: 400 a body that cannot be read,
401 without a body a key that is missing or wrong (\`curl -i\` shows it), 413 a body over \`http_api.body_size_limit\`, 429 a key over \`http_api.rate_limit\`, 503 the server stops.

\`POST /api/batch\` takes \`{"commands": [{"publish": {...}}, ...]}\` and answers with \`{"replies": [...]}\` in the same order;
with \`"parallel": true\` commands may run beside each other. \`POST /api\` takes one command a line, \`{"method", "params"}\`.

A field that is absent or null has its default. \`[]\` is a list, \`.\` a field of an object.
`;

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
}

interface Description {
  readonly paths: Readonly<
    Record<string, { readonly post: { readonly operationId: string; readonly summary: string } }>
  >;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** The reference as Markdown, from the OpenAPI document. */
export function apiReference(): string {
  const { paths, components } = describeApi({
    handler_prefix: "/api",
    query_key: true,
    insecure: false,
  }) as Description;
  const methods = Object.values(paths).filter(({ post }) => `${post.operationId}_request` in components.schemas);
  const sections = methods.map(({ post: { operationId: name, summary } }) => {
    const request = components.schemas[`${name}_request`] ?? {};
    const result = components.schemas[`${name}_result`] ?? {};
    return [
      `\n## ${name}\n\n${summary}\n`,
      table("field", rowsOf(request), "It has no fields."),
      table("result", rowsOf(result), "The result is empty."),
    ].join("\n");
  });
  return introduction + sections.join("");
}

interface Row {
  readonly path: string;
  readonly kind: string;
  readonly about: string;
}

/** The fields of an object, and of the objects in it. */
function rowsOf(schema: Schema, before = "", about = ""): Row[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const given = givenOf(field);
    const path = before + name;
    const description = field.description ?? given.description ?? about;
    const isNeeded = schema.required?.includes(name) === true && before === "" ? ", required" : "";
    const row = { path, kind: kindOf(given) + isNeeded, about: description };
    const item = given.type === "array" ? givenOf(given.items ?? {}) : given;
    return [row, ...rowsOf(item, given.type === "array" ? `${path}[].` : `${path}.`)];
  });
}

/** What a field holds where it is not null. */
function givenOf(schema: Schema): Schema {
  const given = schema.anyOf?.find(({ type }) => type !== "null");
  return given ? { ...givenOf(given), ...(schema.description && { description: schema.description }) } : schema;
}

function kindOf({ type, items, enum: values, additionalProperties }: Schema): string {
  if (values) return values.map((value) => JSON.stringify(value)).join(", ");
  if (type === "array") return `list of ${kindOf(givenOf(items ?? {}))}`;
  if (type === "object" && typeof additionalProperties === "object") return "object of texts";
  return (
    { string: "text", integer: "integer", number: "number", boolean: "boolean", object: "object" }[type ?? ""] ?? "JSON"
  );
}

function table(heading: string, rows: readonly Row[], none: string): string {
  if (rows.length === 0) return `${none}\n`;
  const lines = rows.map(({ path, kind, about }) => `| \`${path}\` | ${kind} | ${about.replaceAll("|", "\\|")} |`);
  return `| ${heading} | type | meaning |\n| --- | --- | --- |\n${lines.join("\n")}\n`;
}

if (import.meta.main) await Bun.write(referencePath, apiReference());
