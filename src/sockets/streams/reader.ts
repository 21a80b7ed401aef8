import type { Clock } from "../../core/clock.ts";
import type { Frame } from "../../core/frame.ts";
import { createInbound, type InboundPorts } from "../inbound.ts";
import type { StreamSocket } from "./stream-socket.ts";

/** Executes commands that came in a request of their own, as those of a frame. */
export function createStreamReader(ports: InboundPorts & { readonly clock: Clock }) {
  const inbound = createInbound(ports);
  return (socket: StreamSocket, frame: Frame): void => {
    socket.heardAt = ports.clock.monotonic();
    ports.counters.framesIn += 1;
    ports.counters.bytesIn += frame.length;
    inbound.read(socket, frame);
  };
}
