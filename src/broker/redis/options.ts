/** How the connections to a server are encrypted; PEM texts. */
export interface RedisTls {
  readonly cert: string;
  readonly key: string;
  /** Of the server; "" for those of the system. */
  readonly ca: string;
  readonly serverName: string;
  readonly isVerified: boolean;
}

/** A host and a port. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A server; sentinels, which know where the master is; some servers of a cluster, which know the others. */
export type Place =
  | { readonly kind: "server"; readonly host: string; readonly port: number; readonly path: string }
  | {
      readonly kind: "sentinel";
      readonly sentinels: readonly Address[];
      readonly name: string;
      readonly user: string;
      readonly password: string;
      readonly clientName: string;
      readonly tls: RedisTls | null;
    }
  | { readonly kind: "cluster"; readonly servers: readonly Address[] };

/** Where a Redis or Valkey is, and how it is used; `engine.redis` of the configuration, in milliseconds. */
export interface RedisOptions {
  readonly at: Place;
  readonly prefix: string;
  readonly user: string;
  readonly password: string;
  readonly db: number;
  readonly clientName: string;
  readonly connectTimeout: number;
  readonly ioTimeout: number;
  readonly tls: RedisTls | null;
  /** Speaks RESP2, which every server knows, instead of RESP3. */
  readonly isResp2: boolean;
  /** What an epoch belongs to: the history of the server, or nothing, where that cannot be read. */
  readonly generation: "replication_id" | "none";
}
