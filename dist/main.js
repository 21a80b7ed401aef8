// @bun
import {
  isObject,
  oneLine,
  formatDuration,
  namespacesSchema,
  optionsSchema,
  centrifugoDefaults,
  namespaceDefaults,
  nodeOf,
  mergeTrees,
  treeOf,
  nearestName,
  movedTo,
  refusals,
  parseConfig,
  package_default,
  createLog,
  systemClock,
  systemRandom,
  DamageError,
  tokenOptions,
  InUseError,
  FileLock,
  createTokenExaminer,
  renewStoredEpochs,
  bunVersionFault,
  fileProblems,
  startProblems,
  whyNotStarted,
  start
} from "./chorus-rkb85v7f.js";

// src/app/run.ts
import { existsSync as existsSync3, readFileSync as readFileSync2 } from "fs";

// src/auth/commands.ts
import { decodeJwt, SignJWT } from "jose";

// src/auth/commandargs.ts
import { parseArgs } from "util";

// src/auth/time.ts
var millisecondsOf = { h: 3600000, m: 60000, s: 1000, ms: 1 };
function parseTtl(text) {
  if (/^-?\d{1,12}$/.test(text))
    return Number(text) * 1000;
  if (!/^(?:\d{1,12}(?:\.\d{1,9})?(?:h|ms|m|s))+$/.test(text))
    return;
  const parts = text.matchAll(/([\d.]+)(h|ms|m|s)/g);
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * millisecondsOf[unit], 0);
}
var dateSecondsMax = 8640000000000;
function describeMoment(seconds, clock) {
  const away = seconds - clock.wall() / 1000;
  const distance = away >= 0 ? `in ${describeSpan(away)}` : `${describeSpan(-away)} ago`;
  if (Math.abs(seconds) > dateSecondsMax)
    return `at ${seconds} seconds after 1970`;
  return `${new Date(seconds * 1000).toISOString().replace(".000Z", "Z")} (${distance})`;
}
function describeSpan(seconds) {
  const units = [
    { name: "d", size: 86400 },
    { name: "h", size: 3600 },
    { name: "m", size: 60 },
    { name: "s", size: 1 }
  ];
  let rest = Math.round(seconds);
  const parts = units.map(({ name, size }) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return { count, text: `${count}${name}` };
  });
  const first = parts.findIndex(({ count }) => count > 0);
  if (first < 0)
    return "0s";
  return parts.slice(first, first + 2).filter(({ count }) => count > 0).map(({ text }) => text).join(" ");
}

// src/auth/commandargs.ts
var usage = "usage: gentoken [--user USER] [--ttl 1h] [--channel CHANNEL] [--quiet]";
var defaultTtl = "168h";
function readGentoken(args) {
  const found = parse(args);
  if (typeof found === "string")
    return `${found}
${usage}`;
  const { user = "", ttl = defaultTtl, channel, quiet = false } = found.values;
  if (channel === "")
    return `--channel is empty
${usage}`;
  const ttlMs = parseTtl(ttl);
  if (ttlMs === undefined)
    return `--ttl: expected a duration such as 1h or 90s, or seconds
${usage}`;
  return { user, ttlMs, channel, quiet };
}
function readChecktoken(args) {
  try {
    const { positionals } = parseArgs({ args: [...args], options: { config: configFlag }, allowPositionals: true });
    const [token, ...rest] = positionals;
    return rest.length === 0 && token !== undefined ? token : null;
  } catch {
    return null;
  }
}
var configFlag = { type: "string", short: "c" };
function parse(args) {
  const options = {
    user: { type: "string", short: "u" },
    ttl: { type: "string", short: "t" },
    channel: { type: "string", short: "s" },
    quiet: { type: "boolean", short: "q" },
    config: configFlag
  };
  try {
    return parseArgs({ args: joinNegative(args), options });
  } catch (error) {
    return error instanceof Error ? error.message : "wrong arguments";
  }
}
function joinNegative(args) {
  return args.flatMap((arg, at) => {
    const isTtl = (word) => word === "--ttl" || word === "-t";
    if (isTtl(arg) && /^-\d/.test(args[at + 1] ?? ""))
      return [`--ttl=${args[at + 1]}`];
    return isTtl(args[at - 1]) && /^-\d/.test(arg) ? [] : [arg];
  });
}

// src/auth/text.ts
var answers = {
  connection: { invalid: "disconnect 3500", expired: "error 109", unavailable: "error 100" },
  subscription: { invalid: "error 103", expired: "error 109", unavailable: "error 100" }
};
function describeConnection(identity, clock) {
  const channels = identity.subscriptions.map(({ channel }) => printable(channel)).join(", ");
  const lines = [
    `valid connection token for ${describeUser(identity.user)}`,
    ...channels === "" ? [] : [`subscribes to ${channels}`],
    ...identity.info === undefined ? [] : [`info ${escaped(identity.info)}`]
  ];
  return withExpiry(lines, identity.expireAt, clock);
}
function describeSubscription(claims, clock) {
  const lines = [
    `valid subscription token for ${describeUser(claims.user)} in channel ${printable(claims.channel)}`,
    ...claims.client === "" ? [] : [`for client ${printable(claims.client)} alone`],
    ...claims.info === undefined ? [] : [`info ${escaped(claims.info)}`],
    ...claims.data === undefined ? [] : [`data ${escaped(claims.data)}`]
  ];
  return withExpiry(lines, claims.expireAt, clock);
}
function withExpiry(lines, expireAt, clock) {
  if (expireAt === null)
    return { text: [...lines, "never expires"].join(`
`), exitCode: 0 };
  const moment = describeMoment(expireAt, clock);
  if (expireAt > clock.wall() / 1000)
    return { text: [...lines, `expires ${moment}`].join(`
`), exitCode: 0 };
  return failed([...lines, `but its expire_at has passed: ${moment}; its client gets error 110`].join(`
`));
}
function describeRefusal(kind, { error: { reason, at } }, clock) {
  const { refusal, words } = refusals[reason];
  const moment = at === undefined ? "" : `: ${describeMoment(at, clock)}`;
  return failed(`refused as a ${kind} token: ${words}${moment}; its client gets ${answers[kind][refusal]}`);
}
function failed(text) {
  return { text, exitCode: 1 };
}
function misused(text) {
  return { text, exitCode: 2 };
}
function describeUser(user) {
  return user === "" ? "the anonymous user" : `user ${printable(user)}`;
}
function printable(text) {
  return escaped(JSON.stringify(text));
}
function escaped(json) {
  return json.replace(/[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

// src/auth/commands.ts
var silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
async function gentoken(args, options, clock) {
  const asked = readGentoken(args);
  if (typeof asked === "string")
    return misused(asked);
  const own = asked.channel !== undefined && options.subscriptionToken.enabled;
  const path = own ? "client.subscription_token" : "client.token";
  const token = own ? options.subscriptionToken : options.token;
  if (token.hmac_secret_key === "")
    return failed(`gentoken signs with ${path}.hmac_secret_key, which is not set`);
  if (token.jwks_public_endpoint !== "") {
    return failed(`gentoken signs with HMAC, which is not accepted beside ${path}.jwks_public_endpoint`);
  }
  const issuedAt = Math.floor(clock.wall() / 1000);
  const exp = asked.ttlMs > 0 ? Math.ceil((clock.wall() + asked.ttlMs) / 1000) : undefined;
  const signed = await new SignJWT({
    sub: asked.user,
    iat: issuedAt,
    ...exp !== undefined && { exp },
    ...asked.channel !== undefined && { channel: asked.channel },
    ...token.audience !== "" && { aud: token.audience },
    ...token.issuer !== "" && { iss: token.issuer },
    ...token.user_id_claim !== "" && { [token.user_id_claim]: asked.user }
  }).setProtectedHeader({ alg: "HS256", typ: "JWT" }).sign(Buffer.from(token.hmac_secret_key));
  if (asked.quiet)
    return { text: signed, exitCode: 0 };
  const purpose = asked.channel === undefined ? "connection" : `channel ${printable(asked.channel)}`;
  const until = exp === undefined ? "never expires" : `expires ${describeMoment(exp, clock)}`;
  return { text: `HS256 token for ${describeUser(asked.user)}, ${purpose}, ${until}:
${signed}`, exitCode: 0 };
}
async function checktoken(args, options, clock) {
  const token = readChecktoken(args);
  if (token === null)
    return misused("usage: checktoken TOKEN");
  const examiner = createTokenExaminer({ ...options, clock, log: silent });
  if (namesChannel(token)) {
    const outcome = await examiner.subscription(token);
    return outcome.ok ? describeSubscription(outcome.value, clock) : describeRefusal("subscription", outcome, clock);
  }
  const outcome = await examiner.connection(token);
  return outcome.ok ? describeConnection(outcome.value, clock) : describeRefusal("connection", outcome, clock);
}
function namesChannel(token) {
  try {
    return Boolean(decodeJwt(token)["channel"]);
  } catch {
    return false;
  }
}

// src/config/connection-limit.ts
var reservedFiles = 200;
function connectionLimitWithin(limit, openFilesMax) {
  const possible = Math.max(1, openFilesMax - reservedFiles);
  return limit === 0 || limit > possible ? { limit: possible, isReduced: true } : { limit, isReduced: false };
}

// src/config/config-file.ts
import { resolve } from "path";

// src/config/file-format.ts
import { parse as parse2, printParseErrorCode, stripComments } from "jsonc-parser";
function readFormat(path, text) {
  const content = text.replace(/^\ufeff/, "");
  if (/^\ufffd|\0/.test(content))
    return { ok: false, error: "not UTF-8: save the file in this encoding" };
  if (/\.ya?ml$/i.test(path))
    return readLines("YAML", content, (part) => Bun.YAML.parse(part) ?? {});
  if (/\.toml$/i.test(path))
    return readLines("TOML", content, (part) => Bun.TOML.parse(part));
  return readJson(content);
}
function readJson(text) {
  try {
    return { ok: true, value: JSON.parse(stripComments(text, " ")) };
  } catch {
    return { ok: false, error: jsonFault(text) };
  }
}
function jsonFault(text) {
  const errors = [];
  parse2(text, errors);
  const [first] = errors;
  if (first === undefined)
    return "not valid JSON";
  const before = text.slice(0, first.offset).split(`
`);
  const words = printParseErrorCode(first.error).replace(/(?!^)([A-Z])/g, " $1").toLowerCase();
  return `not valid JSON: ${words} at line ${before.length}, column ${(before.at(-1) ?? "").length + 1}`;
}
function readLines(format, text, read) {
  const attempt = (part) => {
    try {
      return { ok: true, value: read(part) };
    } catch (error) {
      const words = error instanceof Error ? error.message : "";
      const fault = words.replace(/^.*?error: /i, "").replace(/:?\s*(["'`]).{2,}?\1/g, "");
      return { ok: false, error: fault.toLowerCase() };
    }
  };
  const whole = attempt(text);
  if (whole.ok)
    return whole;
  const lines = text.split(`
`);
  let line = lines.length;
  while (line > 1 && !attempt(lines.slice(0, line - 1).join(`
`)).ok)
    line -= 1;
  return { ok: false, error: `not valid ${format}: ${whole.error} at line ${line}` };
}

// src/config/config-file.ts
var defaultFile = "config.json";
function readConfigFile(named, { cwd, readFile }) {
  const file = resolve(cwd, named ?? defaultFile);
  let text;
  try {
    text = readFile(file);
  } catch (error) {
    return { ok: false, error: `${file}: cannot be read${codeOf(error)}` };
  }
  if (text === null) {
    return named === undefined ? { ok: true, value: { file: null, tree: {} } } : { ok: false, error: `${file}: there is no such file` };
  }
  const read = readFormat(file, text);
  if (!read.ok)
    return { ok: false, error: `${file}: ${read.error}` };
  if (!isObject(read.value))
    return { ok: false, error: `${file}: expected an object with options` };
  return { ok: true, value: { file, tree: read.value } };
}
function codeOf(error) {
  return error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
}

// src/config/option-list.ts
function listOptions() {
  return optionsIn(optionsSchema, []);
}
function optionsIn(schema, path) {
  const node = nodeOf(schema);
  if (node.kind !== "section")
    return [{ path, ...node.option }];
  return Object.entries(node.entries).flatMap(([key, entry]) => optionsIn(entry, [...path, key]));
}

// src/config/variables.ts
function variablesByName() {
  const own = listOptions().map(({ path, notes }) => ({ path, kind: notes.kind }));
  return byName([...centrifugoVariables(centrifugoDefaults, []), ...own]);
}
function namespaceVariables() {
  const node = nodeOf(namespacesSchema);
  const entries = node.kind === "records" ? Object.entries(node.entries) : [];
  const own = entries.flatMap(([key, schema]) => {
    const option = nodeOf(schema);
    return option.kind === "option" ? [{ path: [key], kind: option.option.notes.kind }] : [];
  });
  return byName([...centrifugoVariables(namespaceDefaults, []), ...own]);
}
function byName(variables) {
  return new Map(variables.map((variable) => [variable.path.join("_").toUpperCase(), variable]));
}
function centrifugoVariables(tree, path) {
  return Object.entries(tree).flatMap(([key, value]) => {
    const place = [...path, key];
    return isObject(value) && Object.keys(value).length > 0 ? centrifugoVariables(value, place) : [{ path: place, kind: kindOf(value) }];
  });
}
function kindOf(fallback) {
  if (typeof fallback === "boolean")
    return "flag";
  if (typeof fallback === "number")
    return "number";
  return typeof fallback === "string" ? "text" : "list";
}
var flagTexts = new Map([
  ...["true", "t", "1"].map((word) => [word, true]),
  ...["false", "f", "0"].map((word) => [word, false])
]);
function readVariable(text, kind) {
  switch (kind) {
    case "flag":
      return flagTexts.get(text.toLowerCase()) ?? text;
    case "number":
      return /^-?\d+$/.test(text) ? Number(text) : text;
    case "list":
      return text.startsWith("[") ? parseJson(text) ?? words(text) : words(text);
    case "records":
      return parseJson(text) ?? text;
    case "text":
    case "duration":
      return text;
  }
}
function words(text) {
  return text.split(/\s+/).filter((part) => part !== "");
}
function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return;
  }
}

// src/config/environment.ts
var fileVariable = "CHORUS_CONFIG";
var prefixes = ["CENTRIFUGO_", "CHORUS_"];
var namespaces = { path: "channel.namespaces", prefix: "CHANNEL_NAMESPACES_" };
function readEnvironment(environment, below) {
  let read = { tree: {}, origins: new Map, warnings: [] };
  for (const prefix of prefixes)
    read = readPrefix(prefix, { environment, below, read });
  return read;
}
function readPrefix(prefix, { environment, below, read }) {
  const variables = variablesByName();
  const origins = new Map(read.origins);
  const unknown = [];
  let { tree } = read;
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith(prefix) || name === fileVariable || text === undefined)
      continue;
    const variable = variables.get(name.slice(prefix.length));
    if (variable === undefined) {
      unknown.push([name, text]);
      continue;
    }
    tree = mergeTrees(tree, treeOf(variable.path, readVariable(text, variable.kind)));
    origins.set(variable.path.join("."), name);
  }
  const own = readNamespaces(namespacesIn(tree) ?? namespacesIn(below) ?? [], unknown, prefix);
  if (own.used.length > 0) {
    tree = mergeTrees(tree, treeOf(namespaces.path.split("."), own.list));
    const whole = origins.get(namespaces.path);
    origins.set(namespaces.path, [...whole === undefined ? [] : [whole], ...own.used].join(", "));
  }
  const others = unknown.map(([name]) => name).filter((name) => !own.used.includes(name));
  const warnings = others.flatMap((name) => unknownVariable(name, prefix, [...variables.keys()]));
  return { tree, origins, warnings: [...read.warnings, ...warnings] };
}
function namespacesIn(tree) {
  const { channel } = tree;
  const list = isObject(channel) ? channel["namespaces"] : undefined;
  return Array.isArray(list) ? list : undefined;
}
function readNamespaces(list, unknown, prefix) {
  const variables = namespaceVariables();
  const used = [];
  const changed = list.map((item) => {
    if (!isObject(item) || typeof item["name"] !== "string")
      return item;
    const start = `${prefix}${namespaces.prefix}${item["name"].replace(/[-.]/g, "_").toUpperCase()}_`;
    let tree = item;
    for (const [name, text] of unknown) {
      const variable = name.startsWith(start) ? variables.get(name.slice(start.length)) : undefined;
      if (variable === undefined)
        continue;
      tree = mergeTrees(tree, treeOf(variable.path, readVariable(text, variable.kind)));
      used.push(name);
    }
    return tree;
  });
  return { list: changed, used };
}
var foreignPattern = /^(?:CHORUS_(?:PORT|SERVICE_)|CENTRIFUGO(?:_[A-Z0-9_]+)?_(?:PORT|SERVICE_)|CENTRIFUGO_PORT|CENTRIFUGO_VAR_)/;
function unknownVariable(name, prefix, known) {
  if (foreignPattern.test(name))
    return [];
  const end = name.slice(prefix.length);
  const place = movedTo(end.toLowerCase());
  const near = nearestName(end, known);
  if (place !== null)
    return [`${name}: names no option, write ${prefix}${place.replaceAll(".", "_").toUpperCase()}`];
  return [near === null ? `${name}: names no option` : `${name}: names no option, the nearest is ${prefix}${near}`];
}

// src/config/flags.ts
import { parseArgs as parseArgs2 } from "util";
import { closest } from "fastest-levenshtein";
var flagTypes = {
  config: { type: "string", short: "c" },
  address: { type: "string", short: "a" },
  port: { type: "string", short: "p" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "v" },
  "print-config": { type: "boolean" },
  "check-config": { type: "boolean" }
};
var prints = ["help", "version", "print-config", "check-config"];
var unexpectedArgument = "an argument was not expected: the commands are gentoken, checktoken, backup and renew-epochs, and they come first; --help tells more";
function parseFlags(argv, { passOver = false } = {}) {
  const parsed = parseArgs2({
    args: [...argv],
    options: flagTypes,
    strict: false,
    tokens: true,
    allowPositionals: true
  });
  const values = new Map;
  const errors = new Set;
  let hasArgument = false;
  for (const token of parsed.tokens) {
    if (token.kind === "positional")
      hasArgument = true;
    if (token.kind !== "option" || passOver && !isKnown(token.name))
      continue;
    const fault = faultOf(token);
    if (fault === null)
      values.set(token.name, token.value ?? "");
    else
      errors.add(fault);
  }
  if (hasArgument && !passOver && errors.size === 0)
    errors.add(unexpectedArgument);
  if (errors.size > 0)
    return { ok: false, error: [...errors] };
  const [config, address, port] = [values.get("config"), values.get("address"), values.get("port")];
  return { ok: true, value: { config, address, port, print: prints.find((name) => values.has(name)) } };
}
function faultOf({ name, rawName, value, inlineValue }) {
  if (!isKnown(name))
    return `${rawName}: unknown flag, the nearest known one is --${closest(name, Object.keys(flagTypes))}`;
  if (flagTypes[name].type === "boolean")
    return value === undefined ? null : `--${name}: expected no value`;
  const isNextFlag = inlineValue === false && value?.startsWith("--") === true;
  return value === undefined || value === "" || isNextFlag ? `--${name}: expected a value` : null;
}
function isKnown(name) {
  return Object.hasOwn(flagTypes, name);
}

// src/config/help.ts
var help = `Chorus, a real-time broadcast server.

  bun run src/main.ts [flags]              run the server
  bun run src/main.ts gentoken [flags]     make a token: --user USER, --ttl 1h, --channel CHANNEL, --quiet
  bun run src/main.ts checktoken TOKEN     tell what a token is good for
  bun run src/main.ts backup FILE          copy the history to FILE, and messages and publish log to FILE-push
  bun run src/main.ts renew-epochs         begin new epochs after a disk or a machine was restored

  -c, --config FILE    read this JSON, YAML or TOML file (else CHORUS_CONFIG, else config.json if it exists)
  -a, --address ADDR   listen on this address, whatever the file says
  -p, --port PORT      listen on this port, whatever the file says; 0 takes a free one
      --check-config   tell whether the configuration is valid
      --print-config   print the whole configuration, with secrets masked
  -v, --version        print the version
  -h, --help           print this

Every option can be set by a variable as well: http_server.port by CHORUS_HTTP_SERVER_PORT, or by the CENTRIFUGO_
variable of the same name. Later ones win: defaults, file, CENTRIFUGO_, CHORUS_, flags. Without a file the development profile is run, on a loopback address alone.

Exit codes: 0 all went well, 1 it could not start or had to cut clients off, 2 the command line, 70 a fault of its own,
78 the configuration.`;

// src/config/print.ts
var mask = "***";
function printConfig(config) {
  return JSON.stringify(shown(config, optionsSchema), null, 2);
}
function shown(value, schema) {
  const node = nodeOf(schema);
  if (node.kind === "section")
    return isObject(value) ? shownTree(value, node.entries) : value;
  if (node.kind === "option")
    return shownOption(value, node.option);
  return Array.isArray(value) ? value.map((item) => isObject(item) ? shownTree(item, node.entries) : item) : value;
}
function shownTree(tree, entries) {
  return Object.fromEntries(Object.entries(entries).map(([key, schema]) => [key, shown(tree[key], schema)]));
}
function shownOption(value, { notes: { kind, secret }, fallback }) {
  if (kind === "duration" && typeof value === "number")
    return formatDuration(value);
  if (kind === "number" && value === null)
    return fallback;
  if (typeof value !== "string" || value === "" || secret === undefined)
    return value;
  return secret === "all" ? mask : shownUrl(value);
}
function shownUrl(value) {
  const url = URL.parse(value);
  if (url === null || !/^https?:$/.test(url.protocol))
    return mask;
  const user = url.username === "" && url.password === "" ? "" : `${mask}@`;
  const query = url.search === "" ? "" : `?${mask}`;
  const path = url.pathname.replaceAll("%7B%7B", "{{").replaceAll("%7D%7D", "}}");
  return `${url.protocol}//${user}${url.host}${path}${query}`;
}

// src/config/load.ts
var flagPaths = { address: ["http_server", "address"], port: ["http_server", "port"] };
function loadConfig(options) {
  const parsedFlags = parseFlags(options.argv, { passOver: options.passOver ?? false });
  if (!parsedFlags.ok)
    return { kind: "errors", lines: parsedFlags.error.map(oneLine), isUsage: true };
  const flags = parsedFlags.value;
  if (flags.print === "help")
    return print(help);
  if (flags.print === "version")
    return print(package_default.version);
  const found = readConfigFile(flags.config ?? (options.env["CHORUS_CONFIG"] || undefined), options);
  if (!found.ok)
    return errors([oneLine(found.error)]);
  const environment = readEnvironment(options.env, found.value.tree);
  const given = readFlagOptions(flags);
  const profile = found.value.file === null ? "development" : "file";
  const parsed = parseConfig(mergeTrees(mergeTrees(found.value.tree, environment.tree), given.tree), profile);
  const origins = new Map([...environment.origins, ...given.origins]);
  if (!parsed.ok)
    return errors(parsed.error.map((line) => withOrigin(line, origins)));
  const warnings = [
    ...parsed.value.warnings.map((line) => withOrigin(line, origins)),
    ...environment.warnings.map(oneLine)
  ];
  const problems = flags.print === "check-config" ? options.startProblems?.(parsed.value.config) ?? [] : [];
  if (problems.length > 0)
    return errors(problems.map(oneLine));
  return outcome(flags, { kind: "run", config: parsed.value.config, warnings, profile, file: found.value.file });
}
function outcome(flags, loaded) {
  if (flags.print === "print-config")
    return print(printConfig(loaded.config));
  if (flags.print !== "check-config")
    return loaded;
  const source = loaded.file ?? "the development profile, because there is no file";
  const warnings = loaded.warnings.map((line) => `warning: ${line}`);
  return print([...warnings, `The configuration is valid: ${source}`].join(`
`));
}
function errors(lines) {
  return { kind: "errors", lines, isUsage: false };
}
function print(text) {
  return { kind: "print", text, exitCode: 0 };
}
function readFlagOptions(flags) {
  const origins = new Map;
  let tree = {};
  for (const name of ["address", "port"]) {
    const text = flags[name];
    if (text === undefined)
      continue;
    tree = mergeTrees(tree, treeOf(flagPaths[name], name === "port" && /^\d+$/.test(text) ? Number(text) : text));
    origins.set(flagPaths[name].join("."), `--${name}`);
  }
  return { tree, origins };
}
function withOrigin(line, origins) {
  const [path = ""] = line.split(/[:[]/, 1);
  const origin = origins.get(path);
  return origin === undefined ? line : `${line} (from ${origin})`;
}

// src/runtime/open-files.ts
import { readFileSync } from "fs";
function openFilesMax() {
  const soft = fromProc() ?? fromShell();
  return soft === null || soft === "unlimited" ? Number.POSITIVE_INFINITY : Number(soft);
}
function fromProc() {
  try {
    return /^Max open files\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1] ?? null;
  } catch {
    return null;
  }
}
function fromShell() {
  const { success, stdout } = Bun.spawnSync(["sh", "-c", "ulimit -n"]);
  const text = stdout.toString().trim();
  return success && /^(?:\d+|unlimited)$/.test(text) ? text : null;
}

// src/runtime/process.ts
var exitCodes = { drained: 0, forced: 1, usage: 2, hubFailed: 70, configuration: 78 };
function untilSignal(started, log) {
  let isStopping = false;
  const onSignal = async (signal) => {
    if (isStopping) {
      log.warn("process.forced", { signal });
      process.exit(exitCodes.forced);
    }
    isStopping = true;
    const server = await started;
    log.info("process.signalled", { signal });
    const { cut } = await server.stop();
    process.exit(cut === 0 ? exitCodes.drained : exitCodes.forced);
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
  return new Promise(() => {});
}
function surviveErrors(log, count) {
  const onError = (error) => {
    count();
    log.error("process.error", { error: error instanceof Error ? error.stack ?? error.message : String(error) });
  };
  process.on("uncaughtException", onError);
  process.on("unhandledRejection", onError);
}
function exitHubFailed(log) {
  return (error) => {
    log.error("hub.failed", { error: error instanceof Error ? error.stack ?? error.message : String(error) });
    process.exit(exitCodes.hubFailed);
  };
}

// src/app/store-commands.ts
import { existsSync as existsSync2 } from "fs";
import { parseArgs as parseArgs3 } from "util";

// src/sqlite/backup.ts
import { constants, Database } from "bun:sqlite";
import { closeSync, existsSync, fsyncSync, openSync, rmSync } from "fs";
import { pathToFileURL } from "url";
var openUri = 64;
function backUp(path, file) {
  if (!existsSync(path))
    throw new Error(`there is no such file: ${path}`);
  if (existsSync(file))
    throw new Error(`${file} exists already`);
  const source = openSource(path);
  try {
    source.run("VACUUM INTO ?", [file]);
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  } finally {
    source.close();
  }
  checkCopy(file);
}
function openSource(path) {
  if (isInUse(path)) {
    return new Database(`${pathToFileURL(path).href}?readonly_shm=1`, constants.SQLITE_OPEN_READONLY | openUri);
  }
  return new Database(path, { readwrite: true });
}
function isInUse(path) {
  try {
    new FileLock(path).release();
    return false;
  } catch (error) {
    if (error instanceof InUseError)
      return true;
    throw error;
  }
}
function checkCopy(file) {
  const copy = new Database(file, { readonly: true });
  const found = copy.query("PRAGMA quick_check(1)").get()?.quick_check;
  copy.close();
  if (found !== "ok") {
    rmSync(file);
    throw new DamageError(`the copy is not whole: ${found}`);
  }
  const descriptor = openSync(file, "r");
  fsyncSync(descriptor);
  closeSync(descriptor);
}

// src/app/store-commands.ts
function backup(args, { engine, push_log }) {
  const [file, ...rest] = wordsOf(args) ?? [];
  if (file === undefined || rest.length > 0)
    return { text: "usage: backup FILE", exitCode: exitCodes.usage };
  return attempt(() => {
    backUp(engine.sqlite.path, file);
    if (!existsSync2(push_log.path))
      return `${engine.sqlite.path} is copied to ${file}`;
    backUp(push_log.path, `${file}-push`);
    return `${engine.sqlite.path} is copied to ${file}, and ${push_log.path} to ${file}-push`;
  });
}
function renewEpochs(args, { engine }) {
  if (wordsOf(args)?.length !== 0)
    return { text: "usage: renew-epochs", exitCode: exitCodes.usage };
  return attempt(() => {
    const streams = renewStoredEpochs(engine.sqlite.path, systemRandom);
    return `${engine.sqlite.path}: new epochs for ${streams} ${streams === 1 ? "channel" : "channels"}`;
  });
}
function wordsOf(args) {
  try {
    const options = { config: { type: "string", short: "c" } };
    return parseArgs3({ args: [...args], options, allowPositionals: true }).positionals;
  } catch {
    return null;
  }
}
function attempt(work) {
  try {
    return { text: work(), exitCode: exitCodes.drained };
  } catch (error) {
    return { text: error instanceof Error ? error.message : String(error), exitCode: exitCodes.forced };
  }
}

// src/app/run.ts
var commands = new Map([
  ["gentoken", (args, config) => gentoken(args, tokenOptions(config), systemClock)],
  ["checktoken", (args, config) => checktoken(args, tokenOptions(config), systemClock)],
  ["backup", backup],
  ["renew-epochs", renewEpochs]
]);
async function run(argv) {
  const fault = bunVersionFault(Bun.version);
  if (fault !== null)
    refuse([fault], exitCodes.forced);
  const [word = "", ...rest] = argv;
  const command = commands.get(word) ?? null;
  const loaded = loadConfig({
    argv: command ? rest : argv,
    env: process.env,
    cwd: process.cwd(),
    readFile: (path) => existsSync3(path) ? readFileSync2(path, "utf8") : null,
    passOver: command !== null,
    startProblems
  });
  if (loaded.kind === "errors")
    refuse(loaded.lines, loaded.isUsage ? exitCodes.usage : exitCodes.configuration);
  if (loaded.kind === "print")
    return console.log(loaded.text);
  if (!command)
    return await serve(loaded);
  const { text, exitCode } = await command(rest, loaded.config);
  if (exitCode !== 0)
    refuse([text], exitCode);
  console.log(text);
}
async function serve({ config, warnings, profile, file }) {
  const problems = fileProblems(config);
  if (problems.length > 0)
    refuse(problems, exitCodes.configuration);
  const { client } = config;
  const log = createLog(config.log, process.stderr);
  const { limit, isReduced } = connectionLimitWithin(client.connection_limit, openFilesMax());
  const started = Promise.withResolvers();
  const forever = untilSignal(started.promise, log);
  const limited = { ...config, client: { ...client, connection_limit: limit } };
  const server = startOrRefuse(limited, { log, warnings, profile, onFailure: exitHubFailed(log) });
  started.resolve(server);
  if (file === null)
    log.info("profile.development", { hint: "everyone on this machine may do everything; a config.json ends that" });
  else
    log.info("config.loaded", { file, profile });
  if (isReduced)
    log.info("connections.limited", { limit, reason: "the process may open no more files" });
  surviveErrors(log, () => {
    server.node.counters.errors += 1;
  });
  await forever;
}
function startOrRefuse(...[config, outside]) {
  try {
    return start(config, outside);
  } catch (error) {
    refuse([whyNotStarted(error, config)], exitCodes.forced);
  }
}
function refuse(lines, exitCode) {
  for (const line of lines)
    console.error(line);
  process.exit(exitCode);
}

// src/main.ts
await run(process.argv.slice(2));

//# debugId=3B435A62D259784C64756E2164756E21
//# sourceMappingURL=main.js.map
