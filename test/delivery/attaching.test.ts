import { expect, test } from "bun:test";
import type { SubscriberTable } from "../../src/delivery/subscribers.ts";
import { createEcho } from "../../src/protocol/echo/echo.ts";
import type { BunSocket } from "../../src/sockets/socket.ts";
import { unlimited } from "../support/protocols.ts";

const attachment = { channel: "a", hearsJoinLeave: false, stream: null };

/** What the compiler has to refuse; never called. */
export function attachWithoutEncoding(table: SubscriberTable, socket: BunSocket): void {
  // @ts-expect-error The protocol of a socket may have no encoding.
  table.attach(socket, attachment);
  // @ts-expect-error The same: `attach` belongs to sockets with an encoding.
  socket.attach(attachment);
  // @ts-expect-error A socket without an encoding has no receiver.
  socket.receiver.attach(attachment);
}

test("the protocol of the echo has no encoding, so the compiler refuses to attach its sockets to a channel", () => {
  expect(createEcho(unlimited).encoding).toBeNull();
});
