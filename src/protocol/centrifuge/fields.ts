import { Token } from "../../core/sealed.ts";
import type { Fields } from "./schema.ts";

/** Whether a field is not there. Null counts as absent, as in the protocol's own codecs. */
export function absent(fields: Fields, name: string): boolean {
  const value = fields[name];
  return value === undefined || value === null;
}

/** An absent field has its zero value, as in the protocol's own codecs. */
export function text(fields: Fields, name: string): string {
  const value = fields[name];
  return typeof value === "string" ? value : "";
}

export function number(fields: Fields, name: string): number {
  const value = fields[name];
  return typeof value === "number" ? value : 0;
}

export function flag(fields: Fields, name: string): boolean {
  return fields[name] === true;
}

/** Null where the field is absent or empty. */
export function token(fields: Fields, name: string): Token | null {
  const value = text(fields, name);
  return value === "" ? null : new Token(value);
}

/** The items of a list; empty where the field is absent. */
export function list(fields: Fields, name: string): readonly unknown[] {
  const value = fields[name];
  return Array.isArray(value) ? value : nothing;
}

const nothing: readonly unknown[] = [];
