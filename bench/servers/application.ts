import * as v from "valibot";
import { accept, chorus, type ServerConfig, startServer } from "../../src/package/chorus.ts";
import { channel, contract, rpc } from "../../src/package/contract.ts";
import { freeClient, openChannels } from "./options.ts";

// An application in the server, with the schemas of a small chat: what asking its handlers costs. Its one argument is
// "authenticated" where it decides itself who a connection is, and "none" for the same server without an application.

const said = v.object({ text: v.pipe(v.string(), v.maxLength(500)) });

const bench = contract({
  channels: {
    handled: channel("handled:{room}", { data: said, publish: said }),
    awaited: channel("awaited:{room}", { data: said, publish: said }),
  },
  calls: { echo: rpc({ input: said, output: said }) },
});

const config: ServerConfig = {
  http_server: { address: "127.0.0.1", port: 0 },
  client: freeClient,
  channel: { without_namespace: openChannels },
  push_log: { enabled: false },
  log: { level: "none" },
};

function createApplication() {
  const application = chorus(bench);
  const isAnonymous = process.argv[2] !== "authenticated";
  const known = isAnonymous ? application : application.authenticate(() => accept({ user: "ann", session: null }));
  return known.handle({
    channels: {
      handled: { subscribe: "everyone", publish: ({ data }) => ({ ok: true, data }) },
      awaited: { subscribe: "everyone", publish: async ({ data }) => ({ ok: true, data }) },
    },
    calls: { echo: (input) => input },
  });
}

const { url } = process.argv[2] === "none" ? await startServer(config) : await createApplication().start(config);
console.log(`listening ${new URL(url).port}`);
