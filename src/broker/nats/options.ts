/** How the connection to the servers is encrypted; PEM texts. */
interface NatsTls {
  readonly cert: string;
  readonly key: string;
  /** Of the servers; "" for those of the system. */
  readonly ca: string;
  readonly isVerified: boolean;
}

/** The stream that keeps the history of all channels. */
export interface JetStreamOptions {
  readonly stream: string;
  /** Servers that have each message before it is acknowledged. */
  readonly replicas: number;
  readonly storage: "file" | "memory";
}

/** Where NATS servers are, and how they are used; `broker.nats` of the configuration, in milliseconds. */
export interface NatsOptions {
  /** `host:port` of each. */
  readonly servers: readonly string[];
  readonly user: string;
  readonly password: string;
  /** Instead of user and password; "" for none. */
  readonly token: string;
  readonly prefix: string;
  readonly connectTimeout: number;
  readonly ioTimeout: number;
  readonly tls: NatsTls | null;
  /** Null: channels have no history. */
  readonly jetstream: JetStreamOptions | null;
}
