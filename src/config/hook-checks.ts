import type { ProxyOptions } from "../options/proxy.ts";
import type { Config } from "./config.ts";

/** What a header's value may hold (RFC 9110 section 5.5). */
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/** What is wrong with the hooks: Centrifugo refuses the same, and gRPC is not supported. */
export function hookProblems(config: Config): string[] {
  const { client, proxies, proxy } = config;
  const names = new Set(proxies.map(({ name }) => name));
  const isSigned = proxy.signing_key !== "";
  return [
    ...hookSections(config).flatMap(([path, options]) => proxyProblems(path, options)),
    ...Object.entries(client.proxy).flatMap(([name, { enabled, endpoint }]) =>
      enabled && endpoint === "" ? [missingEndpoint(`client.proxy.${name}`)] : [],
    ),
    ...listProblems(config),
    ...channelHookProblems(config, names),
    ...callHookProblems(config, names),
    ...(!isSigned && proxy.signing_key_previous !== ""
      ? ["proxy.signing_key_previous: expected proxy.signing_key beside it"]
      : []),
  ];
}

/** Every section of a hook, with its path. */
export function hookSections({
  client,
  channel,
  rpc,
  proxies,
}: Config): readonly (readonly [path: string, options: ProxyOptions])[] {
  return [
    ...Object.entries(client.proxy).map(([name, options]) => [`client.proxy.${name}`, options] as const),
    ...Object.entries(channel.proxy).map(([name, options]) => [`channel.proxy.${name}`, options] as const),
    ["rpc.proxy", rpc.proxy],
    ...proxies.map((options, index) => [`proxies[${index}]`, options] as const),
  ];
}

function missingEndpoint(path: string): string {
  return `${path}.endpoint: expected a URL, because the hook is turned on, got nothing`;
}

function proxyProblems(path: string, { endpoint, http }: ProxyOptions): string[] {
  const problems: string[] = [];
  if (endpoint !== "" && !/^https?:\/\//i.test(endpoint)) {
    problems.push(
      `${path}.endpoint: expected a URL that begins with http:// or https://: hooks over gRPC are not supported`,
    );
  } else if (endpoint !== "" && !URL.canParse(endpoint)) {
    problems.push(`${path}.endpoint: expected a valid URL`);
  }
  for (const [name, value] of Object.entries(http.static_headers)) {
    if (headerValue.test(value)) continue;
    problems.push(`${path}.http.static_headers.${name}: expected a text without line breaks and control characters`);
  }
  if (http.tls.enabled && (http.tls.cert_pem === "") !== (http.tls.key_pem === "")) {
    problems.push(`${path}.http.tls: expected cert_pem and key_pem, or neither`);
  }
  http.status_to_code_transforms.forEach(({ status_code, to_error, to_disconnect }, index) => {
    const place = `${path}.http.status_to_code_transforms[${index}]`;
    const targets = [to_error, to_disconnect].filter((target) => target !== null && target !== undefined);
    if (status_code < 100 || status_code > 599) problems.push(`${place}.status_code: expected a status such as 404`);
    if (targets.length !== 1) problems.push(`${place}: expected either to_error or to_disconnect`);
    if (to_error && to_error.code === 0) problems.push(`${place}.to_error.code: expected a code, got 0`);
    if (to_disconnect && (to_disconnect.code < 3_000 || to_disconnect.code > 4_999)) {
      problems.push(`${place}.to_disconnect.code: expected a code from 3000 to 4999, got ${to_disconnect.code}`);
    }
  });
  return problems;
}

/** The names of `proxies`. */
function listProblems({ proxies }: Config): string[] {
  const seen = new Set(["default"]);
  return proxies.flatMap(({ name, endpoint }, index) => {
    const path = `proxies[${index}]`;
    const problems = endpoint === "" ? [`${path}.endpoint: expected a URL, got nothing`] : [];
    if (seen.has(name)) problems.push(`${path}.name: expected a name that is not taken, got "${name}"`);
    seen.add(name);
    return problems;
  });
}

/** The hooks that namespaces of channels turn on. */
function channelHookProblems({ channel }: Config, names: ReadonlySet<string>): string[] {
  const kinds = Object.entries(channel.proxy).map(([kind, { endpoint }]) => ({ kind, endpoint }));
  const without = new Set<string>();
  const named = namespacesOf(channel).flatMap(({ path, options }) =>
    kinds.flatMap(({ kind, endpoint }) => {
      const isEnabled = options[`${kind}_proxy_enabled`] === true;
      const name = String(options[`${kind}_proxy_name`]);
      if (isEnabled && name === "default" && endpoint === "") without.add(kind);
      return nameProblem(`${path}.${kind}_proxy_name`, name, names);
    }),
  );
  return [...named, ...[...without].map((kind) => missingEndpoint(`channel.proxy.${kind}`))];
}

function namespacesOf({ without_namespace, namespaces }: Config["channel"]) {
  const listed: readonly Readonly<Record<string, unknown>>[] = namespaces;
  const first: Readonly<Record<string, unknown>> = without_namespace;
  return [
    { path: "channel.without_namespace", options: first },
    ...listed.map((options, index) => ({ path: `channel.namespaces[${index}]`, options })),
  ];
}

function callHookProblems({ rpc }: Config, names: ReadonlySet<string>): string[] {
  const seen = new Set<string>();
  return [
    ...nameProblem("rpc.without_namespace.proxy_name", rpc.without_namespace.proxy_name, names),
    ...rpc.namespaces.flatMap(({ name, proxy_name }, index) => {
      const path = `rpc.namespaces[${index}]`;
      const problems = nameProblem(`${path}.proxy_name`, proxy_name, names);
      if (!/^[-a-zA-Z0-9_.]{2,}$/.test(name)) {
        problems.push(`${path}.name: expected two or more letters, digits, -, _ or .`);
      }
      if (seen.has(name)) problems.push(`${path}.name: expected a name of its own, got "${name}" again`);
      seen.add(name);
      return problems;
    }),
  ];
}

function nameProblem(path: string, name: string, names: ReadonlySet<string>): string[] {
  if (name === "default" || names.has(name)) return [];
  return [`${path}: expected "default" or a name in proxies, got "${name}"`];
}
