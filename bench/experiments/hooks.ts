import { join } from "node:path";
import { ServerProcess } from "../servers/server-process.ts";
import type { Experiment } from "./experiment.ts";
import { alone, connect, crowd, measure, type Row, type Table } from "./hook-rows.ts";
import { measureHttpHooks } from "./http-hooks.ts";

const root = join(import.meta.dir, "..");
const ready = /^listening (\d+)$/;
const message = { text: "hello world, this is a message of a usual length" };

/** Publications of one frame. */
const together = 64;

/** Connections that publish at once. */
const publishers = 4;

type Name = "bare" | "chorus" | "unasked" | "application" | "authenticated";

const calling = (server: Name, name: string): Row<Name> => ({
  name,
  server,
  run: ({ port }, ms) => alone(port, (caller) => caller.run({ rpc: { method: "echo", data: message } }, ms)),
});

const publishing = (server: Name, name: string, room: string): Row<Name> => ({
  name,
  server,
  run: ({ port }, ms) => {
    const publish = { publish: { channel: `${room}1`, data: message } };
    return crowd(publishers, () => alone(port, (caller) => caller.run(publish, ms, together)));
  },
});

const connecting = (server: Name, name: string): Row<Name> => ({
  name,
  server,
  run: ({ port }, ms) => connect(port, ms),
});

const tables: readonly Table<Name>[] = [
  {
    caption: "calls of one connection, one in flight; JSON, two schemas",
    unit: "calls/s",
    rows: [calling("bare", "bare Bun"), calling("application", "Chorus, a handler")],
  },
  {
    caption: `publications of ${publishers} connections, ${together} in a frame, no subscribers`,
    unit: "publications/s",
    rows: [
      publishing("chorus", "Chorus, no application", "any-"),
      publishing("unasked", "an application that is never asked, no channel of its own", "any-"),
      publishing("application", "the same, its handlers in use", "any-"),
      publishing("application", "a handler that answers at once", "handled:"),
      publishing("application", "a handler that awaits", "awaited:"),
    ],
  },
  {
    caption: "connections opened one after the other: upgrade, connect, its reply, close",
    unit: "connections/s",
    rows: [
      connecting("bare", "bare Bun"),
      connecting("chorus", "Chorus, no application"),
      connecting("application", "Chorus, an application"),
      connecting("authenticated", "Chorus, authenticate"),
    ],
  },
];

/** What it costs to ask an application's handlers. */
export const hooks: Experiment = {
  name: "hooks",
  about:
    "calls, publications and connections that an application in the server decides, and a back end over HTTP; events",
  async run(bench) {
    bench.terminal.title("An application's handlers");
    const start = (...argv: string[]) => ServerProcess.start({ argv: ["bun", ...argv], ready });
    const servers: Record<Name, ServerProcess> = {
      bare: await start(join(root, "peers/bare-bun-rpc.ts")),
      chorus: await start(join(root, "servers/application.ts"), "none"),
      unasked: await start(join(root, "servers/application.ts")),
      application: await start(join(root, "servers/application.ts")),
      authenticated: await start(join(root, "servers/application.ts"), "authenticated"),
    };
    try {
      for (const table of tables) await measure(bench, servers, table);
    } finally {
      await Promise.all(Object.values(servers).map((server) => server.stop()));
    }
    await measureHttpHooks(bench);
  },
};
