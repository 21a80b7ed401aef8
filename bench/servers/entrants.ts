import { join } from "node:path";
import { buildGo, findGo } from "../measure/go.ts";
import type { SpeechName } from "../speech/speeches.ts";
import { centrifugoCommand, centrifugoElsewhere, findCentrifugo } from "./centrifugo.ts";
import { chorusCommand } from "./chorus.ts";
import type { Command } from "./server-process.ts";

const peer = (file: string) => join(import.meta.dir, "../peers", file);

const listening = /^listening (\d+)$/;

/** One line of the tables: a server, and how the load speaks to it. */
export interface Entrant {
  /** Its name in tables, results and `--peers`. */
  readonly name: string;
  readonly speech: SpeechName;
  /** The path of the plain speech. */
  readonly path: string;
  /** What stands before the name of every channel: a namespace, where it matters. */
  readonly namespace: string;
  /** How to start it; a text is the reason why it cannot be. */
  command(options: EntrantOptions): Promise<Command | string>;
}

/** What the command line says of the servers. */
export interface EntrantOptions {
  /** A configuration of Chorus of one's own. */
  readonly config?: string;
}

function entrant(name: string, speech: SpeechName, command: Entrant["command"], more: Partial<Entrant> = {}): Entrant {
  return { name, speech, path: "/ws", namespace: "", command, ...more };
}

const bun = (file: string) => async () => ({ argv: ["bun", peer(file)], ready: listening });

const node = (file: string) => async () => {
  const binary = Bun.which("node");
  return binary ? { argv: [binary, peer(file)], ready: listening } : "Node is not on the PATH";
};

const chorus = async ({ config }: EntrantOptions) => chorusCommand(config ? { config } : {});

const gorilla = async () => {
  const go = findGo();
  return go ? { argv: [await buildGo(go, "peers/gorilla")], ready: listening } : "Go is not installed";
};

const centrifugo = async () => {
  const binary = findCentrifugo();
  return binary ? centrifugoCommand(binary) : centrifugoElsewhere.join("\n");
};

/** The name of the limit that every ratio is taken against. */
export const bareBun = "bare Bun";

/** Everyone who broadcasts what one client sends to the others of a channel. */
export const broadcasters: readonly Entrant[] = [
  entrant(bareBun, "plain", bun("bare-bun.ts")),
  entrant("Chorus", "plain", chorus),
  entrant("ws", "plain", node("node-ws.mjs")),
  entrant("socket.io", "socket.io", node("socket-io.mjs")),
  entrant("gorilla", "plain", gorilla),
  entrant("Centrifugo", "centrifuge-joined", centrifugo),
];

/** One subscription with presence: what a connection costs where others can see it. */
export const withPresence: readonly Entrant[] = [
  entrant("Chorus, presence", "centrifuge", chorus, { namespace: "presence:" }),
  entrant("Centrifugo, presence", "centrifuge-joined", centrifugo, { namespace: "presence:" }),
];

/** Chorus with the limits that nobody configured. */
export const guardedChorus = entrant("Chorus", "plain-pinged", async ({ config }) =>
  chorusCommand(config ? { config } : { guarded: true }),
);

/** A bare Bun server that reads, parses and answers: the limit of the API rows. */
export const bareHttp = entrant("bare Bun, HTTP", "plain", bun("bare-bun-http.ts"));

/**
 * The Centrifuge protocol by store, beside a bare Bun that parses and publishes the same push. All are read the same way,
 * frame by frame: pushes with offsets have no fixed length, and a load that works harder for some rows would slow them.
 */
export const stores: readonly Entrant[] = [
  entrant("bare Bun, JSON", "centrifuge-offsets", bun("bare-bun-centrifuge.ts")),
  entrant("no history", "centrifuge-offsets", chorus),
  entrant("memory", "centrifuge-offsets", chorus, { namespace: "memory:" }),
  entrant("SQLite", "centrifuge-offsets", chorus, { namespace: "sqlite:" }),
];

/** One process of Chorus beside a parent with two workers, by store. */
export const processes: readonly (readonly Entrant[])[] = ["memory:", "sqlite:"].map((namespace) =>
  [1, 2].map((count) =>
    entrant(
      `${namespace.slice(0, -1)}, ${count === 1 ? "1 process" : `${count} workers`}`,
      "centrifuge-offsets",
      async () => chorusCommand({ processes: count }),
      { namespace },
    ),
  ),
);

/** What the transports and encodings cost to deliver over, beside JSON over WebSocket. */
export const transports: readonly Entrant[] = [
  entrant("Chorus, JSON", "centrifuge-offsets", chorus),
  entrant("Chorus, Protobuf", "protobuf", chorus),
  entrant("Chorus, SSE", "sse", chorus),
];

/** What filters by tags cost. */
export const filtering: readonly Entrant[] = [
  entrant("no filter", "centrifuge-offsets", chorus, { namespace: "tagged:" }),
  entrant("10 filters", "filtered", chorus, { namespace: "tagged:" }),
];

/** A document that changes a little, whole and as patches. */
export const documents: readonly Entrant[] = [
  entrant("Chorus", "centrifuge", chorus),
  entrant("Centrifugo", "centrifuge", centrifugo),
];
