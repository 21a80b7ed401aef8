import type { Server } from "bun";
import type { Frame } from "../core/frame.ts";
import type { NativeSubscriber } from "../delivery/subscribers.ts";
import { BunSocket } from "../sockets/socket.ts";

type BunServer = Server<BunSocket>;

/**
 * Every server has topics of its own. One is the rule; several are the loopback addresses of the development profile,
 * servers of the application in which Chorus is mounted, and those with an earlier certificate.
 */
export class Publishers {
  #servers: readonly BunServer[];

  constructor(servers: readonly BunServer[]) {
    this.#servers = servers;
  }

  add(server: BunServer): void {
    if (!this.#servers.includes(server)) this.#servers = [...this.#servers, server];
  }

  publish(topic: string, frame: Frame, except: NativeSubscriber | null): number {
    const servers = this.#servers;
    if (servers.length === 1) return publishFrom(servers[0], topic, frame, except);
    let status = 1;
    for (const server of servers) {
      const own = except instanceof BunSocket && except.server === server ? except : null;
      // 0 is a server without a subscriber: nothing is dropped, because no queue has a limit of Bun's.
      if (publishFrom(server, topic, frame, own) < 0) status = -1;
    }
    return status;
  }
}

function publishFrom(server: BunServer | undefined, topic: string, frame: Frame, except: NativeSubscriber | null) {
  return except?.publishToOthers(topic, frame) ?? server?.publish(topic, frame) ?? 0;
}
