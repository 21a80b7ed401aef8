import { resolve } from "node:path";
import { isObject } from "../core/object.ts";
import type { Result } from "../core/result.ts";
import { readFormat } from "./file-format.ts";
import type { Tree } from "./tree.ts";

/** The name of the file that is read from the working directory where none is named. */
const defaultFile = "config.json";

/** The file that was found with what it says, or no file at all. */
interface FoundFile {
  readonly file: string | null;
  readonly tree: Tree;
}

/** Where files are, and how they are read. */
export interface FileAccess {
  /** The folder that relative paths start from. */
  readonly cwd: string;
  /** Reads a file as text; null where there is none. Throws where there is one that cannot be read. */
  readonly readFile: (path: string) => string | null;
}

/** Reads the configuration file that is named, or the one in the working directory where there is one. */
export function readConfigFile(named: string | undefined, { cwd, readFile }: FileAccess): Result<FoundFile, string> {
  const file = resolve(cwd, named ?? defaultFile);
  let text: string | null;
  try {
    text = readFile(file);
  } catch (error) {
    return { ok: false, error: `${file}: cannot be read${codeOf(error)}` };
  }
  if (text === null) {
    return named === undefined
      ? { ok: true, value: { file: null, tree: {} } }
      : { ok: false, error: `${file}: there is no such file` };
  }
  const read = readFormat(file, text);
  if (!read.ok) return { ok: false, error: `${file}: ${read.error}` };
  if (!isObject(read.value)) return { ok: false, error: `${file}: expected an object with options` };
  return { ok: true, value: { file, tree: read.value } };
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
}
