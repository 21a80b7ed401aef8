import { isDeeperThan, jsonLevelsMax } from "../core/json.ts";
import type { Payload } from "../core/payload.ts";
import type { Namespace } from "./namespace.ts";
import type { PublicationDataFormat } from "./options.ts";

/** What is published where nothing came and nothing is allowed (`publication_data_format: "binary"`): no JSON at all. */
export const noData: Payload = { kind: "json", json: "" };

/**
 * Whether a payload is what a namespace wants. A plain client's text counts as the JSON string that it becomes. JSON
 * was checked where it came in, so that here only its kind is looked at.
 */
export function fitsFormat(format: PublicationDataFormat, data: Payload | null): boolean {
  switch (format) {
    case "":
      return data !== null;
    case "binary":
      return true;
    case "json":
      return data !== null && data.kind !== "binary";
    case "json_object":
      return data?.kind === "json" && data.json.trimStart().startsWith("{");
  }
}

/** A plain client's payload as its namespace keeps it: where `plain_text` is `json`, text that is JSON is JSON. */
export function fromPlain(data: Payload, { options }: Namespace): Payload {
  return data.kind === "text" && options.plain_text === "json" && isJson(data.text)
    ? { kind: "json", json: data.text }
    : data;
}

function isJson(text: string): boolean {
  if (isDeeperThan(text, jsonLevelsMax)) {
    return false;
  }
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
