import * as v from "valibot";
import { expected } from "./expectations.ts";
import {
  anyCertificate,
  count,
  duration,
  flag,
  list,
  privateKey,
  records,
  section,
  text,
  textMap,
  url,
} from "./option.ts";

/** A field name of HTTP (RFC 9110 section 5.1). */
const headerName = { pattern: /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, means: "the name of an HTTP header" };

/** What a status of the back end is turned into. */
const transforms = records("What a status other than 200 is turned into; the first entry with the status counts.", {
  status_code: v.pipe(
    v.number(expected("a status such as 404")),
    v.integer(expected("a status such as 404")),
    v.metadata({ kind: "number", unit: "HTTP status" }),
    v.description("The status."),
  ),
  to_error: v.nullish(
    section({
      code: count(0, "The code of the error.", { unit: "code" }),
      message: text("", "The text of the error."),
      temporary: flag(false, "Whether the client may try again."),
    }),
  ),
  to_disconnect: v.nullish(
    section({
      code: count(0, "The code with which the connection is closed.", { unit: "code" }),
      reason: text("", "The reason that the client receives."),
    }),
  ),
});

/** How an https endpoint is spoken to; without it by the authorities of the system. */
const tls = section({
  enabled: flag(false, "Whether the options beside this one are used for an https endpoint."),
  cert_pem: text("", "The certificate that the back end is shown: a path, the PEM text, or its base64."),
  key_pem: privateKey("The private key of the certificate: a path, the PEM text, or its base64."),
  server_ca_pem: text("", "The authority of the back end's certificate, in the same forms; empty for the system's."),
  server_name: text("", "The name in the back end's certificate, where it is not that of the URL."),
  insecure_skip_verify: anyCertificate,
});

/** Where a hook is, and what it receives; the options of Centrifugo's proxies. */
const proxyEntries = {
  endpoint: url(
    "The URL that is called, http:// or https://; a name and password in it are sent as basic credentials.",
  ),
  timeout: duration("1s", "Time for the whole answer; after it the client is answered with error 100.", { min: "1ms" }),
  http_headers: list("Headers of the client's handshake that are passed on, in any case of letters.", headerName),
  emulated_headers: list(
    "Headers of the connect command that are passed on, where the handshake brings none of that name.",
    headerName,
  ),
  binary_encoding: flag(false, "Whether payloads of the client are sent as base64, in `b64data`."),
  include_connection_meta: flag(false, "Whether the connection's `meta` is sent along."),
  http: v.optional(
    section({
      tls: v.optional(tls, {}),
      static_headers: textMap("Headers that are sent with every request.", headerName),
      status_to_code_transforms: transforms,
    }),
    {},
  ),
};

const proxySchema = section(proxyEntries);

/** One hook over HTTP, as the configuration has it. */
export type ProxyOptions = v.InferOutput<typeof proxySchema>;

/** A hook that is turned on by itself. */
export function switchedProxy(doc: string) {
  return v.optional(section({ enabled: flag(false, doc), ...proxyEntries }), {});
}

/** A hook that namespaces turn on. */
export function defaultProxy() {
  return v.optional(section(proxyEntries), {});
}

/** Centrifugo's rule for the name of a proxy; `default` is the one of the hook's own section. */
const proxyName = { pattern: /^[-a-zA-Z0-9_.]{2,}$/, means: "two or more letters, digits, -, _ or ." };

/** `proxies`: hooks that namespaces name. */
export const proxies = records("Hooks with names, which namespaces of channels and of calls choose.", {
  name: v.pipe(
    v.string(expected(proxyName.means)),
    v.regex(proxyName.pattern, expected(proxyName.means)),
    v.metadata({ kind: "text" }),
    v.description("The name; not `default`."),
  ),
  ...proxyEntries,
});

/** Which hook a namespace of channels or of calls asks. */
export function proxyNameOption(what: string) {
  return text("default", `The name in \`proxies\` of the hook for ${what}; \`default\` is the one of the section.`);
}
