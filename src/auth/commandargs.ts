import { parseArgs } from "node:util";
import { parseTtl } from "./time.ts";

const usage = "usage: gentoken [--user USER] [--ttl 1h] [--channel CHANNEL] [--quiet]";

/** A week, as in Centrifugo. */
const defaultTtl = "168h";

/** What is asked of `gentoken`. */
export interface GentokenRequest {
  /** "" is the anonymous user. */
  readonly user: string;
  /** Milliseconds; 0 or less is a token that never expires. */
  readonly ttlMs: number;
  /** The channel of a subscription token; a connection token where it is not there. */
  readonly channel: string | undefined;
  /** Whether nothing but the token is to be written. */
  readonly quiet: boolean;
}

/** Reads the words after `gentoken`; a string says what is wrong with them. */
export function readGentoken(args: readonly string[]): GentokenRequest | string {
  const found = parse(args);
  if (typeof found === "string") return `${found}\n${usage}`;
  const { user = "", ttl = defaultTtl, channel, quiet = false } = found.values;
  if (channel === "") return `--channel is empty\n${usage}`;
  const ttlMs = parseTtl(ttl);
  if (ttlMs === undefined) return `--ttl: expected a duration such as 1h or 90s, or seconds\n${usage}`;
  return { user, ttlMs, channel, quiet };
}

/** Reads the words after `checktoken`: the token, or null where they are others. */
export function readChecktoken(args: readonly string[]): string | null {
  try {
    const { positionals } = parseArgs({ args: [...args], options: { config: configFlag }, allowPositionals: true });
    const [token, ...rest] = positionals;
    return rest.length === 0 && token !== undefined ? token : null;
  } catch {
    // A flag that it has not, or one without its value.
    return null;
  }
}

/** The server's own, which has been read by then. */
const configFlag = { type: "string", short: "c" } as const;

function parse(args: readonly string[]) {
  const options = {
    user: { type: "string", short: "u" },
    ttl: { type: "string", short: "t" },
    channel: { type: "string", short: "s" },
    quiet: { type: "boolean", short: "q" },
    config: configFlag,
  } as const;
  try {
    return parseArgs({ args: joinNegative(args), options });
  } catch (error) {
    return error instanceof Error ? error.message : "wrong arguments";
  }
}

/** `--ttl -1` is Centrifugo's form for no end; the parser would take it for two options. */
function joinNegative(args: readonly string[]): string[] {
  return args.flatMap((arg, at) => {
    const isTtl = (word: string | undefined): boolean => word === "--ttl" || word === "-t";
    if (isTtl(arg) && /^-\d/.test(args[at + 1] ?? "")) return [`--ttl=${args[at + 1]}`];
    return isTtl(args[at - 1]) && /^-\d/.test(arg) ? [] : [arg];
  });
}
