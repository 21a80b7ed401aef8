import { OwnServer } from "./own-server.ts";

/** A NATS with JetStream. */
export class BenchNats extends OwnServer {
  constructor() {
    super((port, folder) => ["nats-server", "-a", "127.0.0.1", "-p", port, "-js", "-sd", folder]);
  }
}
