/** The ports between rooms: their types may be imported where a row says `ports`. */
const ports =
  "types src/(?:broker/broker|presence/(?:presence(?:-events)?|shared)|hooks/hooks|protocol/protocol|auth/authenticator|" +
  "channels/(?:rules|grant|namespace|channel)|messages/(?:inbox|log-row|publish-log)|cluster/(?:bus|surveys))";
/** What counts, and the types of what is counted. */
const counters = "src/metrics/counters";
const hub = ["src/metrics/counters", "types actors/hub/(?:events|registry|publications)"];

/**
 * Who may import whom. The first row whose room a file is in holds for it: its own room and core are always allowed, and
 * then what the row names, a pattern for the beginning of a path without `.ts`, or a package. `types` are imports that are
 * gone when the code runs.
 */
export const rooms: readonly (readonly [room: string, ...may: string[]])[] = [
  ["src/core/"],
  [
    "actors/(?:connection|hub)/(?:events|machine|decide/|subscription|registry)",
    "actors/",
    "xstate",
    ports,
    `types ${counters}`,
    "types src/hooks/",
  ],
  ["actors/deadlines"],
  ["actors/", "xstate", ports, counters, "src/hooks/client-hooks", "types src/hooks/"],
  // What options are called, may hold, and are where they are absent: each room takes the types of its own from here.
  ["src/options/", "valibot"],
  ["src/protocol/", "valibot", "@bufbuild/protobuf", "fossil-delta"],
  ["src/channels/", "types src/options/", "re2js", ports],
  ["src/auth/", "types src/options/", "valibot", "jose", "re2js", "node:", ports],
  ["src/hooks/in-process/", "src/hooks/", "src/contract/", "src/operations/", "@standard-schema", ports],
  ["src/hooks/events/", "src/hooks/", "src/sqlite/", "types src/options/", "bun:sqlite", ports],
  ["src/hooks/http/", "src/hooks/", "types src/options/", "valibot", ports],
  ["src/hooks/", "src/sqlite/", ports],
  ["src/broker/", "src/sqlite/", "bun:sqlite", "valibot", "ioredis", "@nats-io/", "node:", ports],
  ["src/presence/", "valibot", "src/broker/redis/(?:commands|keys|script)", "src/broker/remote/client-info", ports],
  ["src/messages/", "src/(?:sqlite|broker/redis)/", "bun:sqlite", "valibot", "node:", ports, ...hub],
  ["src/delivery/", "src/protocol/protocol", ports, counters],
  ["src/http/", "types bun", "ipaddr", "re2js", "node:"],
  ["src/sqlite/", "bun:sqlite", "bun:ffi", "node:"],
  ["src/cluster/", "valibot", ports, counters, ...hub],
  [
    "src/processes/",
    "valibot",
    "src/(?:broker/remote/client-info|hooks/events/event|messages/search)",
    "types (?:src/(?:cluster|messages|hooks)|actors)/",
    ports,
  ],
  ["src/metrics/", "node:", "src/http/"],
  // The checks of an option belong to the room that uses it: the configuration calls them.
  [
    "src/config/",
    "src/options/",
    "valibot",
    "fastest-levenshtein",
    "jsonc-parser",
    "ipaddr",
    "package.json",
    "node:",
    "src/auth/problems",
    "src/channels/namespace",
    "src/http/(?:hosts|origins)",
  ],
  ["src/runtime/", "pino", "bun:ffi", "node:"],
  ["src/web/charts/"],
  ["src/web/console/", "src/web/(?:page/dom|charts/)", "types src/console/shown", "centrifuge", "types centrifuge"],
  ["src/web/page/", "src/web/charts/", "valibot", "centrifuge", "types centrifuge"],
  ["src/web/", "src/http/", "node:"],
  // An application of the server's own: it reads the parts of the node that it shows.
  [
    "src/console/",
    "valibot",
    "node:crypto",
    "types xstate",
    "src/contract/",
    "src/hooks/in-process/answers",
    "src/operations/json-value",
    "types src/(?:broker/broker|channels/rules|cluster/|hooks/|messages/(?:waiting|log-row)|metrics/counters|operations/operations)",
    "types actors/hub/registry",
  ],
  ["src/contract/", "@standard-schema"],
  ["src/client/", "src/contract/", "types centrifuge", "@standard-schema"],
  ["src/sockets/", "types bun", "src/http/", "src/delivery/", "src/protocol/", ports, counters, "types actors/"],
  [
    "src/operations/",
    "valibot",
    "re2js",
    "src/messages/search",
    "src/options/duration",
    "actors/hub/events",
    ports,
    ...hub,
  ],
  [
    "src/api/",
    "src/options/duration",
    "valibot",
    "@valibot",
    "src/http/",
    "src/operations/",
    "src/metrics/",
    "package.json",
    "node:",
  ],
  ["src/package/", "src/(?:application|server)", "src/contract/", "src/client/", "src/hooks/in-process/", "types src/"],
  ["src/application", "src/app/", "src/contract/", "src/hooks/in-process/", "src/server"],
  ["src/app/", "types bun", "@standard-schema", "src/", "actors/", "xstate", "package.json", "node:"],
  ["src/server", "src/app/", "src/operations/"],
  ["src/main", "src/app/"],
];

/** Nobody imports these but the ones named. */
export const doors: readonly { path: string; from: RegExp }[] = [
  { path: "src/main.ts", from: /^$/ },
  { path: "src/app/node.ts", from: /^src\/server\.ts$|^src\/app\/|^test\/|^bench\// },
  { path: "actors/hub/adopt.ts", from: /^src\/app\/node\.ts$|^test\/|^bench\// },
];
