import { isLoopbackName } from "../http/hosts.ts";
import type { Config } from "./config.ts";

/** What keeps the console from being served; no line holds a key. */
export function consoleProblems(config: Config): string[] {
  const { console, http_server: http, channel } = config;
  if (!console.enabled) return [];
  const problems: string[] = [];
  const isInside = http.internal_port !== null;
  const address = isInside ? http.internal_address || http.address : http.address;
  if (console.key === "" && !isLoopbackName(address)) {
    problems.push(`console.key: expected a key, because the console is served at "${address}", got nothing`);
  } else if (console.key === "" && !isInside && http.trusted_proxies.length > 0) {
    problems.push("console.key: expected a key, because http_server.trusted_proxies reach the console, got nothing");
  }
  if (console.key !== "" && otherKeys(config).includes(console.key)) {
    problems.push("console.key: expected a key that is used nowhere else");
  }
  const index = channel.namespaces.findIndex(({ name }) => name === "chorus");
  if (index !== -1) {
    problems.push(`channel.namespaces[${index}].name: expected another name, because the console reserves "chorus"`);
  }
  return problems;
}

function otherKeys({ http_api, prometheus, client }: Config): string[] {
  return [http_api.key, ...http_api.keys.map(({ key }) => key), prometheus.key, client.token.hmac_secret_key];
}
