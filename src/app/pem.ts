import { readFileSync } from "node:fs";
import { readPem } from "../core/pem.ts";

/** The PEM text of an option that holds a path, the text, or its base64; "" where it is empty. */
export function pemOf(value: string): string {
  return value === "" ? "" : (readPem(value) ?? readFileSync(value.trim(), "utf8"));
}
