/** The scalar types of the protocol's requests. */
type Scalar = "uint32" | "int32" | "uint64" | "int64" | "bool" | "string" | "bytes";

/** One field of a message: its name in the protocol, and what it holds. A nested message is a function, because a filter holds filters. */
export interface Field {
  readonly name: string;
  readonly type: Scalar | (() => Message);
  /** `list`: one value for each occurrence. `map`: entries whose key is a string. */
  readonly many?: "list" | "map";
}

/** The fields of a message by their numbers. Fields that are not here are skipped, as newer clients send them. */
export type Message = ReadonlyMap<number, Field>;

function message(
  fields: Readonly<Record<number, readonly [name: string, type: Field["type"], many?: Field["many"]]>>,
): Message {
  return new Map(
    Object.entries(fields).map(([number, [name, type, many]]) => [
      Number(number),
      { name, type, ...(many !== undefined && { many }) },
    ]),
  );
}

const filterNode = message({
  1: ["op", "string"],
  2: ["key", "string"],
  3: ["cmp", "string"],
  4: ["val", "string"],
  5: ["vals", "string", "list"],
  6: ["nodes", () => filterNode, "list"],
});

const subscribe = message({
  1: ["channel", "string"],
  2: ["token", "string"],
  3: ["recover", "bool"],
  6: ["epoch", "string"],
  7: ["offset", "uint64"],
  8: ["data", "bytes"],
  9: ["positioned", "bool"],
  10: ["recoverable", "bool"],
  11: ["join_leave", "bool"],
  12: ["delta", "string"],
  13: ["tf", () => filterNode],
  14: ["flag", "int64"],
  15: ["type", "int32"],
  16: ["phase", "int32"],
  17: ["cursor", "string"],
  18: ["limit", "int32"],
  19: ["asc", "bool"],
});

const connect = message({
  1: ["token", "string"],
  2: ["data", "bytes"],
  3: ["subs", () => subscribe, "map"],
  4: ["name", "string"],
  5: ["version", "string"],
  6: ["headers", "string", "map"],
  7: ["flag", "int64"],
});

const channel = message({ 1: ["channel", "string"] });

const publish = message({
  1: ["channel", "string"],
  2: ["data", "bytes"],
  3: ["type", "int32"],
  4: ["key", "string"],
  5: ["removed", "bool"],
});

const position = message({ 1: ["offset", "uint64"], 2: ["epoch", "string"] });

const history = message({
  1: ["channel", "string"],
  7: ["limit", "int32"],
  8: ["since", () => position],
  9: ["reverse", "bool"],
});

const keyedItem = message({ 1: ["key", "string"], 2: ["version", "uint64"] });

const trackBatch = message({ 1: ["signature", "string"], 2: ["items", () => keyedItem, "list"] });

const subRefresh = message({
  1: ["channel", "string"],
  2: ["token", "string"],
  3: ["type", "int32"],
  4: ["track", () => trackBatch, "list"],
  5: ["untrack", "string", "list"],
});

const ping = message({});

const send = message({ 1: ["data", "bytes"] });

const rpc = message({ 1: ["data", "bytes"], 2: ["method", "string"] });

const refresh = message({ 1: ["token", "string"] });

/** A command: the numbers and names of `client.proto` of the Centrifuge protocol. */
export const command = message({
  1: ["id", "uint32"],
  4: ["connect", () => connect],
  5: ["subscribe", () => subscribe],
  6: ["unsubscribe", () => channel],
  7: ["publish", () => publish],
  8: ["presence", () => channel],
  9: ["presence_stats", () => channel],
  10: ["history", () => history],
  11: ["ping", () => ping],
  12: ["send", () => send],
  13: ["rpc", () => rpc],
  14: ["refresh", () => refresh],
  15: ["sub_refresh", () => subRefresh],
});

/** The body of a POST to `/emulation`. */
export const emulation = message({ 1: ["node", "string"], 2: ["session", "string"], 3: ["data", "bytes"] });
