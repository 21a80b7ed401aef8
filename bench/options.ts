import { parseArgs } from "node:util";
import { known } from "./experiments/catalogue.ts";
import type { Profile } from "./profile.ts";

/** What the command line asks for. */
export interface SuiteOptions {
  readonly profile: Profile["name"];
  /** Names of experiments; null is the profile's own choice. */
  readonly only: readonly string[] | null;
  /** Names of peers in lower case; null is all of them. */
  readonly peers: readonly string[] | null;
  readonly connectionsMax: number;
  /** Interleaved rounds of each row; null is the profile's own number. */
  readonly rounds: number | null;
  /** A configuration of Chorus of one's own. */
  readonly config: string | null;
}

/** Connections that a process may have here is the limit of its open files; this is below the usual 20,000. */
const connectionsMaxDefault = 10_000;

/** What `--peers` knows; with `none` only bare Bun and Chorus take part. */
const peerNames: readonly string[] = ["ws", "socket.io", "gorilla", "centrifugo", "none"];

const experimentNames = known.map(({ name }) => name);

const usage = `usage: bun run bench [--quick | --full] [--only NAMES] [--peers NAMES] [--max-connections N]
                     [--rounds N] [--config FILE]

  --quick             under a minute: the same in two short rounds, peers in the fan-out alone
  --full              half an hour or more: every size and store, open loops, 1 to 10,000 connections, many channels, actors,
                      peers in every row
  --only NAMES        of: ${experimentNames.join(", ")}
  --peers NAMES       of: ${peerNames.join(", ")}; bare Bun and Chorus always take part
  --max-connections N no row with more connections than this
  --rounds N          interleaved rounds of each row, where the spread of the profile's is too wide
  --config FILE       Chorus with a configuration of your own, which has to let anonymous clients in, and to have the
                      namespaces memory, sqlite, recovery and presence for the experiments that use them`;

/** The options, or a text to print instead: the usage, or what is wrong. */
export function parseOptions(args: readonly string[]): SuiteOptions | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        quick: { type: "boolean", default: false },
        full: { type: "boolean", default: false },
        only: { type: "string" },
        peers: { type: "string" },
        "max-connections": { type: "string" },
        rounds: { type: "string" },
        config: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) return usage;
    if (values.quick && values.full) return "--quick or --full, not both";
    return {
      profile: values.quick ? "quick" : values.full ? "full" : "default",
      only: names("--only", values.only, experimentNames),
      peers: names("--peers", values.peers, peerNames),
      connectionsMax: positive("--max-connections", values["max-connections"]) ?? connectionsMaxDefault,
      rounds: positive("--rounds", values.rounds),
      config: values.config ?? null,
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A whole number of at least one; null where nothing was given. */
function positive(flag: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${flag} takes a positive number`);
  return value;
}

/** Names between commas, all of them known; null where nothing was given. */
function names(flag: string, text: string | undefined, known: readonly string[]): string[] | null {
  if (text === undefined) return null;
  const given = text
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");
  const stranger = given.find((name) => !known.includes(name));
  if (stranger !== undefined) throw new Error(`${flag} ${stranger}: there are ${known.join(", ")}`);
  return given;
}
