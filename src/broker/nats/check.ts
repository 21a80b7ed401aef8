import type { NatsConnection } from "@nats-io/transport-node";
import { clientOptions } from "./connection.ts";
import { Names } from "./names.ts";
import type { NatsOptions } from "./options.ts";
import { StreamStore } from "./stream-store.ts";

/** Why servers cannot be used. */
export interface NatsFault {
  /** They cannot be reached now, or they refuse what a node needs, which will not change by itself. */
  readonly kind: "unreachable" | "refused";
  /** A line that begins with the path of an option; no secret is in it. */
  readonly words: string;
}

/** The least version whose JetStream has what history needs: reads of many messages, and a time to live for each. */
const versionMin = [2, 11] as const;

/** The servers' codes where JetStream has no leader, and where too few servers are there for a stream. */
const awayCodes = new Set([10_008, 10_005]);

/** Connects once, and opens the stream where there is one to be opened; null where all of it works. */
export async function checkNats(options: NatsOptions): Promise<NatsFault | null> {
  const { connect }: typeof import("@nats-io/transport-node") = require("@nats-io/transport-node");
  const { jetstream, ioTimeout, prefix } = options;
  let connection: NatsConnection | null = null;
  try {
    connection = await connect({ ...clientOptions(options), reconnect: false });
    if (jetstream === null) return null;
    const { version = "", cluster } = connection.info ?? {};
    const words = jetStreamFault(version, cluster !== undefined, jetstream.replicas);
    if (words !== null) return { kind: "refused", words };
    await StreamStore.open(connection, jetstream, new Names(prefix), ioTimeout);
    return null;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (connection !== null && isAway(error)) {
      return {
        kind: "unreachable",
        words: `broker.nats: JetStream cannot be used now, as while servers start or elect a leader: ${message}`,
      };
    }
    const isRefused = connection !== null || /authori[sz]ation|permission|certificate|self.signed/i.test(message);
    return isRefused
      ? { kind: "refused", words: `broker.nats: the servers refuse this node: ${message}` }
      : { kind: "unreachable", words: `broker.nats: the servers cannot be reached: ${message}` };
  } finally {
    await connection?.close();
  }
}

/** Too few servers are up for JetStream, or they are about to agree: that changes by itself. */
function isAway(error: unknown): boolean {
  const { JetStreamApiError }: typeof import("@nats-io/jetstream") = require("@nats-io/jetstream");
  const { TimeoutError }: typeof import("@nats-io/transport-node") = require("@nats-io/transport-node");
  return error instanceof TimeoutError || (error instanceof JetStreamApiError && awayCodes.has(error.code));
}

/** Why history cannot be kept there; null where it can. */
function jetStreamFault(version: string, isCluster: boolean, replicas: number): string | null {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < versionMin[0] || (major === versionMin[0] && minor < versionMin[1])) {
    return `broker.nats.jetstream.enabled: expected servers of version ${versionMin.join(".")} or newer, got ${version}`;
  }
  // A restart of the one server that has the stream would not be noticed, and neither would what it has lost.
  if (isCluster && replicas < 3) {
    return `broker.nats.jetstream.replicas: expected 3 or more at a cluster of servers, got ${replicas}`;
  }
  return null;
}
