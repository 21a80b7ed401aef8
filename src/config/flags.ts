import { parseArgs } from "node:util";
import { closest } from "fastest-levenshtein";
import type { Result } from "../core/result.ts";

const flagTypes = {
  config: { type: "string", short: "c" },
  address: { type: "string", short: "a" },
  port: { type: "string", short: "p" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "v" },
  "print-config": { type: "boolean" },
  "check-config": { type: "boolean" },
  probe: { type: "boolean" },
} as const;

/** What can be asked for in place of running; where several are, the first of these is printed. */
const prints = ["help", "version", "print-config", "check-config"] as const;

/** What the command line says. */
export interface Flags {
  readonly config: string | undefined;
  readonly address: string | undefined;
  readonly port: string | undefined;
  readonly print: (typeof prints)[number] | undefined;
  /** Whether `--check-config` also tries the engine. */
  readonly isProbe: boolean;
}

/** Flags, or what is wrong with them, one line each. */
type FlagsResult = Result<Flags, readonly string[]>;

const unexpectedArgument =
  "an argument was not expected: the commands are gentoken, checktoken, backup and renew-epochs, and they come first; --help tells more";

/** The part of a flag that is looked at. */
interface FlagToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

/**
 * Reads the words after the program's name; of a flag that comes twice the last one counts. With `passOver`, words and
 * flags that are not known are passed over: they belong to a sub-command, which reads them itself. No error repeats a
 * word of the command line beyond a flag's name: it may be a token.
 */
export function parseFlags(argv: readonly string[], { passOver = false } = {}): FlagsResult {
  const parsed = parseArgs({
    args: [...argv],
    options: flagTypes,
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  const values = new Map<string, string>();
  const errors = new Set<string>();
  let hasArgument = false;
  for (const token of parsed.tokens) {
    if (token.kind === "positional") hasArgument = true;
    if (token.kind !== "option" || (passOver && !isKnown(token.name))) continue;
    const fault = faultOf(token);
    if (fault === null) values.set(token.name, token.value ?? "");
    else errors.add(fault);
  }
  // After an unknown flag an argument is its value as a rule: one mistake, one line.
  if (hasArgument && !passOver && errors.size === 0) errors.add(unexpectedArgument);
  if (errors.size > 0) return { ok: false, error: [...errors] };
  const [config, address, port] = [values.get("config"), values.get("address"), values.get("port")];
  const print = prints.find((name) => values.has(name));
  return { ok: true, value: { config, address, port, print, isProbe: values.has("probe") } };
}

function faultOf({ name, rawName, value, inlineValue }: FlagToken): string | null {
  if (!isKnown(name))
    return `${rawName}: unknown flag, the nearest known one is --${closest(name, Object.keys(flagTypes))}`;
  if (flagTypes[name].type === "boolean") return value === undefined ? null : `--${name}: expected no value`;
  const isNextFlag = inlineValue === false && value?.startsWith("--") === true;
  return value === undefined || value === "" || isNextFlag ? `--${name}: expected a value` : null;
}

function isKnown(name: string): name is keyof typeof flagTypes {
  return Object.hasOwn(flagTypes, name);
}
