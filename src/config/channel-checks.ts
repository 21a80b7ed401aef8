import { compilePattern } from "../channels/namespace.ts";
import { formatDuration } from "../options/duration.ts";
import type { ChannelRules, Config } from "./config.ts";

/** What is wrong with the rules of channels beyond the form of each option; Centrifugo asks for the same. */
export function channelProblems(config: Config): string[] {
  const { without_namespace, namespaces } = config.channel;
  return [
    ...rulesProblems(without_namespace, "channel.without_namespace"),
    ...namespaces.flatMap((rules, index) => rulesProblems(rules, `channel.namespaces[${index}]`)),
    ...nameProblems(config),
    ...personalChannelProblems(config),
    ...lobbyProblems(config),
  ];
}

function rulesProblems(rules: ChannelRules, path: string): string[] {
  const { history_size: size, history_ttl: ttl, history_meta_ttl: metaTtl } = rules;
  const problems: string[] = [];
  if (size > 0 && ttl === 0) problems.push(`${path}.history_ttl: expected a time beside history_size, got "0s"`);
  if (size === 0 && ttl > 0) problems.push(`${path}.history_size: expected a number beside history_ttl, got 0`);
  if (rules.force_recovery && (size === 0 || ttl === 0)) {
    problems.push(
      `${path}.force_recovery: expected history_size and history_ttl beside it: there is nothing to recover`,
    );
  }
  if (ttl > metaTtl) {
    const most = formatDuration(metaTtl);
    problems.push(
      `${path}.history_ttl: expected no more than history_meta_ttl ("${most}"), got "${formatDuration(ttl)}"`,
    );
  }
  const fault = patternFault(rules.channel_regex);
  if (fault !== null) problems.push(`${path}.channel_regex: expected a pattern in the syntax of RE2: ${fault}`);
  return problems;
}

function patternFault(pattern: string): string | null {
  try {
    compilePattern(pattern);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : "it cannot be read";
  }
}

function nameProblems({ channel: { namespaces } }: Config): string[] {
  const first = new Map<string, number>();
  return namespaces.flatMap(({ name }, index) => {
    const former = first.get(name);
    if (former === undefined) first.set(name, index);
    const path = `channel.namespaces[${index}].name`;
    return former === undefined
      ? []
      : [`${path}: expected a name of its own, got that of namespaces[${former}]: "${name}"`];
  });
}

function personalChannelProblems({ client, channel }: Config): string[] {
  const { enabled, personal_channel_namespace: name, single_connection } = client.subscribe_to_user_personal_channel;
  if (!enabled) return [];
  const path = "client.subscribe_to_user_personal_channel";
  const rules =
    name === "" ? channel.without_namespace : channel.namespaces.find((namespace) => namespace.name === name);
  if (rules === undefined) {
    return [`${path}.personal_channel_namespace: expected one of channel.namespaces, got "${name}"`];
  }
  return single_connection && !rules.presence
    ? [`${path}.single_connection: expected presence in the namespace of the personal channel`]
    : [];
}

/** The plain protocol's default channel must be one that can exist, or every plain client would be closed. */
function lobbyProblems({ plain, channel }: Config): string[] {
  const { namespace_boundary: boundary, private_prefix: prefix, namespaces } = channel;
  const name = prefix !== "" && plain.channel.startsWith(prefix) ? plain.channel.slice(prefix.length) : plain.channel;
  const at = boundary === "" ? -1 : name.indexOf(boundary);
  const isKnown = at <= 0 || namespaces.some((namespace) => namespace.name === name.slice(0, at));
  return isKnown ? [] : [`plain.channel: expected a channel of a known namespace, got "${plain.channel}"`];
}
