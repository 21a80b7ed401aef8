import { isDeeperThan, jsonLevelsMax } from "../core/json.ts";
import type { Payload } from "../core/payload.ts";
import type { Namespace } from "./namespace.ts";
import type { PublicationDataFormat } from "./options.ts";

/**
 * Whether a payload has the form of its namespace. A plain client's text counts as the JSON string that it becomes. JSON
 * was checked where it came in, so that here only its kind is checked.
 */
export function fitsFormat(format: PublicationDataFormat, data: Payload): boolean {
  switch (format) {
    case "":
      return data.kind !== "json" || data.json !== "";
    case "binary":
      return true;
    case "json":
      return data.kind === "text" || (data.kind === "json" && data.json !== "");
    case "json_object":
      return data.kind === "json" && data.json.trimStart().startsWith("{");
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
