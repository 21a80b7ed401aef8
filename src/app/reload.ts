import type { Config } from "../config/config.ts";
import { listOptions } from "../config/option-list.ts";
import type { Log } from "../core/log.ts";
import { certificateText } from "../http/tls.ts";
import { hasApi } from "./api.ts";
import { startProblems } from "./start-checks.ts";

/** An option that a running server does not take over, and why. */
interface RefusedOption {
  readonly option: string;
  readonly reason: string;
}

/** What a running server makes of a new configuration. */
export interface ReloadPlan {
  /** The configuration that holds afterwards. */
  readonly config: Config;
  /** Paths of the options that change now. */
  readonly applied: readonly string[];
  readonly refused: readonly RefusedOption[];
}

/** A part of the configuration that cannot change now, and why. */
type Objections = ReadonlyMap<string, string>;

/** Why an option that is built into a part is not taken over. */
export const atNextStart = "takes effect at the next start";

/**
 * Decides what a running server takes over from a new configuration: certificates, keys, allowed origins, the log's level
 * and the rules of channels. Everything else is built into parts that live as long as the process.
 */
export function planReload(before: Config, after: Config): ReloadPlan {
  const objections = objectionsTo(before, after);
  const pick = <Part>(path: string, old: Part, next: Part): Part => (objections.has(path) ? old : next);
  const config: Config = {
    ...before,
    channel: pick("channel", before.channel, after.channel),
    client: {
      ...before.client,
      allowed_origins: after.client.allowed_origins,
      token: after.client.token,
      subscription_token: after.client.subscription_token,
    },
    http_api: {
      ...before.http_api,
      key: pick("http_api.key", before.http_api.key, after.http_api.key),
      keys: pick("http_api.key", before.http_api.keys, after.http_api.keys),
    },
    http_server: {
      ...before.http_server,
      tls: {
        ...before.http_server.tls,
        cert_pem: after.http_server.tls.cert_pem,
        key_pem: after.http_server.tls.key_pem,
      },
    },
    log: { ...before.log, level: after.log.level },
    prometheus: { ...before.prometheus, key: after.prometheus.key },
  };
  const refused = differences(config, after).map((option) => {
    const [, reason = atNextStart] = [...objections].find(([path]) => option.startsWith(path)) ?? [];
    return { option, reason };
  });
  return { config, applied: differences(before, config), refused };
}

function objectionsTo(before: Config, after: Config): Objections {
  const objections = new Map<string, string>();
  const channels = objectionToChannels(before, after);
  if (channels !== null) objections.set("channel", channels);
  if (hasApi(before) !== hasApi(after)) {
    objections.set(
      "http_api.key",
      "the first key of the API, and the removal of the last, take effect at the next start",
    );
  }
  return objections;
}

/** History cannot move from one engine to another, and a file is opened at the start alone. */
function objectionToChannels(before: Config, after: Config): string | null {
  if (JSON.stringify(before.channel.proxy) !== JSON.stringify(after.channel.proxy)) {
    return "hooks change at the next start";
  }
  const former = new Map(namespacesOf(before).map((namespace) => [namespace.name, namespace]));
  const hasFile = namespacesOf(before).some(isDurable);
  for (const namespace of namespacesOf(after)) {
    const old = former.get(namespace.name);
    const name = namespace.name === "" ? "without_namespace" : namespace.name;
    if (hooksOf(old) !== hooksOf(namespace)) return `the hooks of ${name} change at the next start`;
    if (old && old.engine !== namespace.engine) return `the engine of ${name} changes at the next start`;
    if (isDurable(namespace) && !hasFile) return `the history of ${name} needs a file, which is opened at a start`;
  }
  return null;
}

/** Which hooks a namespace has; none, as long as it does not exist. */
function hooksOf(namespace: object | undefined): string {
  const entries = Object.entries(namespace ?? {}).filter(([key]) => key.endsWith("_proxy_enabled"));
  const names = Object.entries(namespace ?? {}).filter(([key]) => key.endsWith("_proxy_name"));
  const enabled = entries.filter(([, isEnabled]) => isEnabled === true).map(([key]) => key);
  return JSON.stringify([enabled, enabled.length === 0 ? [] : names]);
}

/** Every set of rules with its name; "" for channels without a namespace. */
export function namespacesOf({ channel }: Config) {
  return [{ ...channel.without_namespace, name: "" }, ...channel.namespaces];
}

/** Whether a namespace keeps history in a file. */
export function isDurable({
  history_size,
  engine,
}: {
  readonly history_size: number;
  readonly engine: string;
}): boolean {
  return history_size > 0 && engine === "sqlite";
}

/** Paths of the options that differ. */
export function differences(one: Config, other: Config): string[] {
  return listOptions()
    .map(({ path }) => path)
    .filter((path) => JSON.stringify(valueAt(one, path)) !== JSON.stringify(valueAt(other, path)))
    .map((path) => path.join("."));
}

function valueAt(config: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Readonly<Record<string, unknown>>)[key], config);
}

/** The parts of a running server that take over a configuration. */
export interface ReloadParts {
  readonly log: Log;
  setLogLevel(level: Config["log"]["level"]): void;
  readonly node: { reload(next: Config): void };
  readonly listeners: { reload(next: Config): void };
  readonly servers: { renewCertificate(next: Config): void };
}

/**
 * Takes over a new configuration, and logs what was taken over and what was not. Nothing of one that would not start is
 * taken over. The files of the certificate are read again, also where no option has changed.
 */
export function createReload(config: Config, parts: ReloadParts): (next: Config) => void {
  const { log } = parts;
  let current = config;
  let certificate = certificateText(config.http_server.tls);

  const renew = (next: Config): boolean => {
    const text = certificateText(next.http_server.tls);
    if (text === certificate) return false;
    parts.servers.renewCertificate(next);
    certificate = text;
    return true;
  };

  return (next) => {
    const plan = planReload(current, next);
    const problems = startProblems(plan.config);
    if (problems.length > 0) {
      for (const line of problems) log.error("reload.failed", { line });
      return;
    }
    try {
      if (renew(plan.config)) log.info("certificate.renewed", {});
      parts.node.reload(plan.config);
    } catch (error) {
      log.error("reload.failed", { line: error instanceof Error ? error.message : String(error) });
      return;
    }
    parts.listeners.reload(plan.config);
    parts.setLogLevel(plan.config.log.level);
    current = plan.config;
    for (const { option, reason } of plan.refused) log.warn("reload.refused", { option, reason });
    log.info("config.reloaded", { options: plan.applied.join(" ") });
  };
}
