import { expect, setDefaultTimeout, test } from "bun:test";
import { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import { HeldTokens } from "../support/held-tokens.ts";
import { startOpenServer, tokenFor } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";
import { Probe } from "../support/probe.ts";
import { tellUser } from "../support/tell.ts";

setDefaultTimeout(testTimeout);

test("[CN12] XState's inspection shows no token, no payload and no header of a client", async () => {
  const tokens = new HeldTokens();
  await using server = await startOpenServer({}, { replace: { authenticator: tokens.authenticator } });
  const seen: string[] = [];
  const contexts = new Set<unknown>();
  server.node.hub.system.inspect((event) => {
    const { type } = event;
    if (type === "@xstate.actor") return;
    const shown = type === "@xstate.action" ? event.action : event.event;
    const context = "snapshot" in event && "context" in event.snapshot ? event.snapshot.context : null;
    // Snapshots that follow each other share their context: each is written once.
    const isNew = context !== null && !contexts.has(context);
    if (isNew) contexts.add(context);
    const values = { type, shown, context: isNew ? context : null };
    seen.push(Bun.inspect(values, { depth: 12 }), Bun.inspect(JSON.parse(JSON.stringify(shown))));
  });

  const plain = new Probe(`${server.ws}/ws?token=${tokenFor({ sub: "bob" })}`);
  await plain.open();
  const plainToken = await tokens.next();
  plain.send("payload-of-plain");
  plainToken.release();

  using probe = await CentrifugeProbe.open(server.ws);
  probe.send({
    id: 1,
    connect: {
      token: tokenFor({ sub: "ann" }),
      data: "payload-of-connect",
      headers: { Authorization: "header-of-connect" },
    },
  });
  const held = await tokens.next();
  probe.send(
    { id: 2, subscribe: { channel: "a", token: tokenFor({ sub: "ann", channel: "a" }), data: "payload-of-subscribe" } },
    { id: 3, publish: { channel: "a", data: "payload-of-publish" } },
    { id: 4, rpc: { method: "m", data: "payload-of-rpc" } },
    { id: 5, refresh: { token: tokenFor({ sub: "ann" }) } },
  );
  held.release();
  (await tokens.next()).release();
  (await tokens.next()).release();
  while (true) {
    const heard = await probe.next();
    if ("id" in heard && heard["id"] === 5) break;
  }
  const { SealedPayload } = await import("../../src/core/sealed.ts");
  const data = new SealedPayload({ kind: "json", json: '"payload-of-message"' });
  tellUser(server, "ann", { type: "hub.message", data });
  expect(await probe.take(1)).toEqual([{ push: { message: { data: "payload-of-message" } } }] as never);

  const whole = seen.join("\n");
  for (const kind of ["[token]", "[payload 20 B]", "[headers 1]", "client.publish", "token.verified", "hub.message"]) {
    expect(whole).toContain(kind);
  }
  expect(whole.match(/eyJ[\w-]+\.|payload-of-\w+|header-of-\w+/g)).toBeNull();
});
