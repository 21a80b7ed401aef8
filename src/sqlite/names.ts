import { DamageError } from "./damage.ts";

/**
 * SQLite keeps text as UTF-8, in which half a surrogate pair becomes the same replacement character as every other:
 * two channels would share a row. Such a name is kept as its JSON, in which it is escaped; the NUL keeps it apart.
 */
export function storedName(name: string): string {
  return name.isWellFormed() && !name.startsWith("\0") ? name : `\0${JSON.stringify(name)}`;
}

/** What `storedName` was made of. Throws DamageError where it cannot have been. */
export function nameOf(stored: string): string {
  if (!stored.startsWith("\0")) return stored;
  try {
    return String(JSON.parse(stored.slice(1)));
  } catch {
    throw new DamageError("a name that is not as written");
  }
}
