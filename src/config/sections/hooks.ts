import * as v from "valibot";
import { count, duration, flag, records, secret, section, text } from "../../options/option.ts";
import { defaultProxy, proxyNameOption } from "../../options/proxy.ts";

const callEntries = {
  proxy_enabled: flag(false, "Whether a hook answers the calls (`rpc`) of clients."),
  proxy_name: proxyNameOption("calls"),
};

/** `rpc`: who answers the calls of clients. */
export const rpc = section({
  proxy: defaultProxy(),
  without_namespace: v.optional(section(callEntries), {}),
  namespaces: records("Methods whose names begin with a namespace.", {
    name: text("", "The namespace."),
    ...callEntries,
  }),
  namespace_boundary: text(":", "What ends the namespace in the name of a method; empty for no namespaces."),
});

/** `event_outbox`: events that back ends have not acknowledged. */
export const eventOutbox = section({
  path: text("data/events.db", "The file; made where an event hook is turned on."),
  size: count(100_000, "Events that may wait; over it the oldest are dropped, and the next request tells how many.", {
    unit: "events",
    min: 1,
  }),
  batch_size: count(100, "Events in one request.", { unit: "events", min: 1, max: 10_000 }),
  batch_interval: duration(
    "1s",
    "The least time between two commits: what happens meanwhile is in the next one, and in its request. 10,000 " +
      "connections that end at once are two commits.",
    { min: "1ms" },
  ),
  retry_max_age: duration("24h", "Time after which an event that was not acknowledged is dropped.", { min: "1s" }),
});

/** `proxy`: what holds for all hooks over HTTP. */
export const proxy = section({
  signing_key: secret(
    "With it every request of a hook has the header `Chorus-Signature`: `t=UNIX,v1=HEX(HMAC-SHA-256(key, t + '.' + body))`.",
  ),
  signing_key_previous: secret("While a key is exchanged: the header has a second `v1=`, of this key."),
});
