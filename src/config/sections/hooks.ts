import * as v from "valibot";
import { flag, records, secret, section, text } from "../../options/option.ts";
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

/** `proxy`: what holds for all hooks over HTTP. */
export const proxy = section({
  signing_key: secret(
    "With it every request of a hook has the header `Chorus-Signature`: `t=UNIX,v1=HEX(HMAC-SHA-256(key, t + '.' + body))`.",
  ),
  signing_key_previous: secret("While a key is exchanged: the header has a second `v1=`, of this key."),
});
