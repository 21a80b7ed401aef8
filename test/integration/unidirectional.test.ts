import { expect, setDefaultTimeout, test } from "bun:test";
import { startOpenServer, tokenFor } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";
import { openStream } from "../support/streams.ts";

setDefaultTimeout(testTimeout);

const enabled = {
  uni_sse: { enabled: true },
  uni_http_stream: { enabled: true },
  sse: { enabled: true },
} as const;

test("[ST1] a bare EventSource receives its channels, and commands for its session are not executed", async () => {
  await using server = await startOpenServer({ client: { allow_anonymous_connect_without_token: true }, ...enabled });
  const connect = encodeURIComponent(JSON.stringify({ subs: { news: {} } }));
  using stream = await openStream(`${server.url}/connection/uni_sse?cf_connect=${connect}`);
  const greeting = await stream.next();
  expect(greeting).toMatchObject({ connect: { subs: { news: { recoverable: true } } } });

  const { session } = (greeting as { connect: { session: string } }).connect;
  const node = await nodeOf(server.url);
  const data = JSON.stringify({ id: 2, publish: { channel: "news", data: "from the session" } });
  const handed = await fetch(`${server.url}/emulation`, {
    method: "POST",
    body: JSON.stringify({ session, node, data }),
  });
  expect(handed.status).toBe(204);

  server.api.publish("news", "from the back end");
  expect(await stream.next()).toMatchObject({ channel: "news", pub: { data: "from the back end", offset: 1 } });
});

test("[ST2] a refused connect is answered with the status of its code, and ends a WebSocket with the disconnect of it", async () => {
  const transforms = [{ code: 109, to: { status_code: 401, body: "expired" } }];
  const config = {
    client: {
      connect_code_to_unidirectional_disconnect: {
        enabled: true,
        transforms: [{ code: 109, to: { code: 4109, reason: "token ran out" } }],
      },
    },
    uni_websocket: { enabled: true },
    uni_sse: { enabled: true, connect_code_to_http_response: { enabled: true, transforms } },
  };
  await using server = await startOpenServer(config);
  const connect = encodeURIComponent(JSON.stringify({ token: tokenFor({ sub: "ann", exp: 1 }) }));
  const response = await fetch(`${server.url}/connection/uni_sse?cf_connect=${connect}`);
  expect([response.status, await response.text()]).toEqual([401, "expired"]);

  const socket = new WebSocket(`${server.ws}/connection/uni_websocket?cf_connect=${connect}`);
  const { promise, resolve } = Promise.withResolvers<CloseEvent>();
  const pushes: string[] = [];
  socket.addEventListener("message", ({ data }) => pushes.push(String(data)));
  socket.addEventListener("close", resolve);
  const { code, reason } = await promise;
  expect([code, reason, pushes]).toEqual([
    4109,
    "token ran out",
    ['{"disconnect":{"code":4109,"reason":"token ran out"}}'],
  ]);
});

/** The id of the node, as a stream with commands is told it. */
async function nodeOf(url: string): Promise<string> {
  const connect = encodeURIComponent(JSON.stringify({ id: 1, connect: {} }));
  using stream = await openStream(`${url}/connection/sse?cf_connect=${connect}`);
  const { connect: result } = (await stream.next()) as { connect: { node: string } };
  return result.node;
}
