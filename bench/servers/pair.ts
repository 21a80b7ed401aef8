import type { Target } from "../load/commands.ts";
import { LoadProcess } from "../load/load-process.ts";
import type { Entrant, EntrantOptions } from "./entrants.ts";
import { ServerProcess } from "./server-process.ts";

/** A server and the load that is aimed at it, each a process of its own. */
export interface Pair {
  readonly entrant: Entrant;
  readonly server: ServerProcess;
  readonly load: LoadProcess;
}

/** How the load of every pair is laid out. */
export interface Layout {
  readonly channels: number;
  readonly publishers: number;
}

/** Starts a server and its load; a text says why it was skipped. Throws where it is there and does not start. */
export async function startPair(entrant: Entrant, layout: Layout, options: EntrantOptions): Promise<Pair | string> {
  const command = await entrant.command(options).catch((error: Error) => error.message);
  if (typeof command === "string") return command;
  const server = await ServerProcess.start(command);
  const load = new LoadProcess();
  const channels = Array.from({ length: layout.channels }, (_, index) => `${entrant.namespace}bench-${index}`);
  await beginLoad(load, { entrant, server, channels, publishers: layout.publishers });
  return { entrant, server, load };
}

/** What a load is aimed at. */
export interface Aim extends Pick<Pair, "entrant" | "server">, Pick<Target, "channels" | "publishers" | "api"> {}

/** Aims a load at a server. */
export async function beginLoad(load: LoadProcess, { entrant, server, ...rest }: Aim): Promise<void> {
  const { speech, path } = entrant;
  await load.do("begin", { port: server.port, serverPid: server.pid, speech, path, ...rest });
}

export async function stopPair({ server, load }: Pair): Promise<void> {
  await load.stop();
  await server.stop();
}
