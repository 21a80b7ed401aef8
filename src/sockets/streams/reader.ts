import type { Frame } from "../../core/frame.ts";
import type { MaybePromise } from "../../core/maybe-promise.ts";
import { RatedLog } from "../../core/rated-log.ts";
import { createInbound, type InboundPorts } from "../inbound.ts";
import { InboundTurns } from "../inbound-turns.ts";
import type { StreamSocket } from "./stream-socket.ts";

/** What reading commands of streams needs. */
interface StreamReaderPorts extends InboundPorts {
  /** Runs a task in the next turn of the event loop. */
  schedule(task: () => void): void;
}

/**
 * Executes commands that came in a request of their own, as those of a frame; later where other requests have taken this
 * turn of the event loop. A request is answered when its commands were read, so that no more than it waits.
 */
export function createStreamReader(ports: StreamReaderPorts) {
  const { clock, counters } = ports;
  const inbound = createInbound(ports);
  const faults = new RatedLog("handler.failed", { ...ports, level: "error" });
  const turns = new InboundTurns<StreamSocket>({
    now: () => clock.monotonic(),
    schedule: ports.schedule,
    read: inbound.read,
    failed: ({ id, connection }, error) => {
      counters.errors += 1;
      faults.add("", () => ({ connection: id, error: String(error) }));
      connection?.send({ type: "handler.failed" });
    },
  });
  return (socket: StreamSocket, frame: Frame): MaybePromise<void> => {
    socket.heardAt = clock.monotonic();
    counters.framesIn += 1;
    counters.bytesIn += frame.length;
    turns.take(socket, frame, socket.heardAt);
    if (socket.isHeld) return new Promise((resolve) => turns.after(socket, resolve));
  };
}
