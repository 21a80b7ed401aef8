/** How the connections to a server are encrypted; PEM texts. */
export interface RedisTls {
  readonly cert: string;
  readonly key: string;
  /** Of the server; "" for those of the system. */
  readonly ca: string;
  readonly serverName: string;
  readonly isVerified: boolean;
}

/** Where a Redis or Valkey server is, and how it is used; `engine.redis` of the configuration, in milliseconds. */
export interface RedisOptions {
  /** A server, or those that know where the master is. */
  readonly at:
    | { readonly kind: "server"; readonly host: string; readonly port: number; readonly path: string }
    | {
        readonly kind: "sentinel";
        readonly sentinels: readonly { readonly host: string; readonly port: number }[];
        readonly name: string;
        readonly user: string;
        readonly password: string;
        readonly tls: RedisTls | null;
      };
  readonly prefix: string;
  readonly user: string;
  readonly password: string;
  readonly db: number;
  readonly clientName: string;
  readonly connectTimeout: number;
  readonly ioTimeout: number;
  readonly tls: RedisTls | null;
  /** What an epoch belongs to: the history of the server, or nothing, where that cannot be read. */
  readonly generation: "replication_id" | "none";
}
