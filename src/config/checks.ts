import { tokenProblems } from "../auth/problems.ts";
import { isLoopbackName } from "../http/hosts.ts";
import { formatDuration } from "../options/duration.ts";
import { channelProblems } from "./channel-checks.ts";
import type { Config } from "./config.ts";
import { consoleProblems } from "./console-checks.ts";
import { engineProblems } from "./engine-checks.ts";
import { fileProblems } from "./file-checks.ts";
import { hookProblems } from "./hook-checks.ts";
import type { Profile } from "./profiles.ts";

/** What is wrong between options that are each valid: a line for each, beginning with a path. None holds a secret. */
export function problemsBetween(config: Config, profile: Profile): readonly string[] {
  const { token, subscription_token: subscriptionToken } = config.client;
  return [
    ...(profile === "development" ? developmentProblems(config) : []),
    ...listenProblems(config),
    ...heartbeatProblems(config),
    ...tokenProblems(token, "client.token"),
    ...(subscriptionToken.enabled ? tokenProblems(subscriptionToken, "client.subscription_token") : []),
    ...channelProblems(config),
    ...engineProblems(config),
    ...hookProblems(config),
    ...keyProblems(config),
    ...consoleProblems(config),
    ...pathProblems(config),
    ...fileProblems(config),
  ];
}

/** Without a file everything is allowed, so that only this machine may reach the server. */
function developmentProblems({ http_server: http }: Config): string[] {
  const addresses =
    http.internal_port === null ? ["address" as const] : ["address" as const, "internal_address" as const];
  return addresses
    .filter((name) => !isLoopbackName(http[name]) && (name === "address" || http[name] !== ""))
    .map(
      (name) =>
        `http_server.${name}: expected a loopback address without a configuration file, got "${http[name]}": ` +
        "write a file to listen on another one",
    );
}

function listenProblems({ http_server: http }: Config): string[] {
  const problems: string[] = [];
  for (const name of ["cert_pem", "key_pem"] as const) {
    if (http.tls.enabled && http.tls[name] === "") {
      problems.push(
        `http_server.tls.${name}: expected a path, PEM text or its base64, because tls is enabled, got nothing`,
      );
    }
  }
  // Otherwise what belongs to the inside would be served on the public address, in silence.
  if (http.internal_address !== "" && http.internal_port === null) {
    problems.push("http_server.internal_port: expected a port beside internal_address, got nothing");
  }
  const isSameAddress = http.internal_address === "" || http.internal_address === http.address;
  if (http.port !== 0 && http.internal_port === http.port && isSameAddress) {
    problems.push(`http_server.internal_port: expected another port than http_server.port, got ${http.port}`);
  }
  return problems;
}

/** As in Centrifugo: the next ping of its protocol takes the place of a missing pong. */
function heartbeatProblems({ client }: Config): string[] {
  if (client.pong_timeout < client.ping_interval) return [];
  const interval = formatDuration(client.ping_interval);
  return [
    `client.pong_timeout: expected less than ping_interval ("${interval}"), got "${formatDuration(client.pong_timeout)}"`,
  ];
}

/** A key says who pushes, so that none may be used for two; no line says which key it is. */
function keyProblems({ http_api: api }: Config): string[] {
  const names = new Set<string>();
  const keys = new Set([api.key]);
  return api.keys.flatMap(({ name, key }, index) => {
    const path = `http_api.keys[${index}]`;
    const problems = [];
    if (names.has(name)) problems.push(`${path}.name: expected a name that no other key has, got "${name}"`);
    if (keys.has(key)) problems.push(`${path}.key: expected a key that is used nowhere else`);
    names.add(name);
    keys.add(key);
    return problems;
  });
}

/** Two things at one path: one of them would be lost. */
function pathProblems({ websocket, http_api, health, prometheus, plain, echo, console }: Config): string[] {
  const served: readonly (readonly [string, string, boolean])[] = [
    ["plain", "/ws", plain.enabled],
    ["echo", "/echo", echo.enabled],
    ["console", "/console", console.enabled],
    ["health", "/healthz", health.enabled],
    ["health", "/readyz", health.enabled],
    ["websocket.handler_prefix", websocket.handler_prefix, !websocket.disabled],
    ["http_api.handler_prefix", http_api.handler_prefix, !http_api.disabled],
    ["health.handler_prefix", health.handler_prefix, health.enabled],
    ["prometheus.handler_prefix", prometheus.handler_prefix, prometheus.enabled],
  ];
  const owners = new Map<string, string>();
  const problems: string[] = [];
  for (const [owner, path, isServed] of served) {
    const other = owners.get(path);
    if (isServed && other !== undefined)
      problems.push(`${owner}: expected a path of its own, got that of ${other}: "${path}"`);
    if (isServed) owners.set(path, owner);
  }
  return problems;
}
