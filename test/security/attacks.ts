import { expect, test } from "bun:test";
import { amongBystanders } from "../support/bystanders.ts";
import { RawClient } from "../support/raw.ts";
import { startTestServer } from "../support/server.ts";

/** Small, so that a test need not send megabytes; the largest of them is what the runtime itself refuses. */
export const limits = {
  plain: { text_size_limit: 1_000, binary_size_limit: 20_000 },
  websocket: { message_size_limit: 1_000 },
};

/** What one connection sends in hostile intent, and the code with which it must be closed. */
interface Attack {
  readonly name: string;
  readonly code: number;
  readonly bytes: readonly Uint8Array[];
}

/** Runs an attack among bystanders, and looks for its one log line and its one count. */
async function attack(path: string, { code, bytes }: Attack): Promise<void> {
  await using server = await startTestServer(limits);
  await amongBystanders(server.ws, async () => {
    using client = await RawClient.open(server.ws + path);
    for (const part of bytes) client.write(part);
    expect((await client.closed())?.code).toBe(code);
    expect(await client.ended()).toBe("fin");
    expect(await server.log.next("connection.closed")).toMatchObject({ code });
    expect(await server.metric(`chorus_connections_closed_total{code="${code}"}`)).toBe(1);
  });
  expect(server.log.count("connection.closed")).toBe(1);
  expect(await server.metric("chorus_errors_total")).toBe(0);
}

/** One test per attack, on the socket that broadcasts and on the one that echoes. */
export function attacks(rule: string, list: readonly Attack[]): void {
  for (const path of ["/ws", "/echo"]) {
    test.each(list.map((one) => [one.name, one] as const))(`[${rule}] %s (${path})`, (_, one) => attack(path, one));
  }
}
