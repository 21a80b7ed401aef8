import { RE2JS } from "re2js";
import { canonicalName, effective, isAddress, isLoopbackName, parseHost } from "./hosts.ts";

/** An origin in its normal form (RFC 6454 4 and 6.2): lower case, ASCII, no default port. */
interface Origin {
  readonly scheme: string;
  readonly name: string;
  /** "" for the scheme's own; in a pattern perhaps `*`. */
  readonly port: string;
}

/** What may connect from a page. */
export interface OriginRule {
  /** `client.allowed_origins`. */
  readonly allowed: readonly string[];
  /** The development profile: pages of this machine, whatever their port. */
  readonly development: boolean;
}

/** Of the schemes that a page of the web has. */
const defaultPorts: ReadonlyMap<string, string> = new Map([
  ["http", "80"],
  ["https", "443"],
]);

/** What an entry may look like; the form that browsers send is a part of it. */
const originPattern = /^([a-z][a-z0-9+.-]*|\*):\/\/(?:(\[[0-9a-f:.]+\]|[^\s/?#@:,[\]\\]*)(?::(\d{1,5}|\*))?)$/u;

/** Labels between dots, perhaps with the root's dot at the end; or an address in brackets. */
const entryName = /^(?:[a-z0-9_*-]+(?:\.[a-z0-9_*-]+)*\.?|\[[0-9a-f:.]+\])$/;

/** What a browser never sends is not read kindly: a scheme of sockets, a wildcard, a slash at the end. */
const sentPattern = /^(?!wss?:)[^*]*[^*/]$/i;

/** The placeholder of `*` while the rest of the name is made ASCII. */
const placeholder = "wildcard0label";

/**
 * Reads an entry of `client.allowed_origins` into the form that browsers send: `*`, `null`, or an origin in which `*`
 * stands for one label or more. `wss:` is read as `https:`, a default port is taken away, names are made ASCII (IDNA). Null: no page can ever have this origin.
 */
export function normalizeOrigin(entry: string): string | null {
  const lower = entry.toLowerCase();
  if (lower === "*" || lower === "null") return lower;
  const origin = parseOrigin(lower);
  return origin && textOf(origin);
}

/**
 * Whether a page may open a socket from its browser. A client that sends no Origin is no browser, and brings its
 * credentials in the open anyway. The same origin is always allowed: the host and port of the Origin are those of the
 * Host header; schemes are not compared, because a proxy in front may have taken TLS off. `*` alone allows every origin.
 */
export function createOriginCheck(rule: OriginRule): (origin: string | null, host: string | null) => boolean {
  const entries = rule.allowed.map(normalizeOrigin).filter((entry) => entry !== null);
  if (entries.includes("*")) return () => true;
  const exact = new Set(entries.filter((entry) => !entry.includes("*")));
  const patterns = entries
    .filter((entry) => entry.includes("*"))
    .map((entry) => parseOrigin(entry))
    .filter((origin) => origin !== null)
    .map(patternOf);
  const written = new Set(rule.allowed.map((entry) => entry.toLowerCase()));
  const isListed = (origin: Origin, sent: string): boolean => {
    const text = textOf(origin);
    // A pattern with a port of its own also means the default port that an origin leaves out.
    const whole = textOf({ ...origin, port: origin.port || (defaultPorts.get(origin.scheme) ?? "") });
    // No browser writes the default port: as recorded, it counts only where an entry has it.
    if (origin.port === "" && /:\d+$/.test(sent))
      return written.has(sent) || patterns.some((matches) => matches(whole));
    return exact.has(text) || patterns.some((matches) => matches(text) || matches(whole));
  };
  return (header, host) => {
    // An empty header is none, as recorded.
    if (!header?.trim() || exact.has(header.toLowerCase())) return true;
    const origin = sentPattern.test(header) ? parseOrigin(header.toLowerCase(), canonicalName) : null;
    if (origin === null) return false;
    return (
      isSameOrigin(origin, host) ||
      isListed(origin, header.toLowerCase()) ||
      (rule.development && isOfThisMachine(origin, host))
    );
  };
}

/** The hosts of allowed origins: what a proxy in front may name. `*` alone, or in place of the whole host, names none. */
export function createOriginHosts(allowed: readonly string[]): (name: string) => boolean {
  const names = allowed
    .map((entry) => parseOrigin(entry.toLowerCase()))
    .filter((origin) => origin !== null && isOfTheWeb(origin.scheme))
    .map((origin) => origin?.name ?? "")
    .filter((name) => /[^*.]/.test(name));
  const exact = new Set(names.filter((name) => !name.includes("*")));
  const patterns = names.filter((name) => name.includes("*")).map((name) => RE2JS.compile(namePattern(name)));
  return (name) => exact.has(name) || patterns.some((pattern) => pattern.matches(name));
}

/** `ascii` makes a name ASCII; what a browser sent is so already. */
function parseOrigin(lower: string, ascii = asciiName): Origin | null {
  const [, written = "", name = "", port = ""] = originPattern.exec(lower) ?? [];
  const scheme = written.replace(/^ws(s?)$/, "http$1");
  if (scheme === "") return null;
  if (isOfTheWeb(scheme)) {
    const host = ascii(name);
    if (host === null || host === "" || (port !== "*" && Number(port) > 65_535)) return null;
    const plain = port.replace(/^0+(?=\d)/, "");
    return { scheme, name: host, port: plain === defaultPorts.get(scheme) ? "" : plain };
  }
  // Pages of applications and extensions: their names are no host names of the network.
  return /^[a-z0-9._*-]*$/.test(name) ? { scheme, name, port } : null;
}

function isOfTheWeb(scheme: string): boolean {
  return scheme === "*" || defaultPorts.has(scheme);
}

/** A host's name as a browser writes it in an Origin; null where it is none. */
function asciiName(name: string): string | null {
  const url = URL.parse(`http://${name.replaceAll("*", placeholder)}`);
  const ascii = url?.hostname.replaceAll(placeholder, "*") ?? "";
  return entryName.test(ascii) ? canonicalName(ascii) : null;
}

function textOf({ scheme, name, port }: Origin): string {
  return `${scheme}://${name}${port === "" ? "" : `:${port}`}`;
}

function isSameOrigin({ scheme, name, port }: Origin, header: string | null): boolean {
  const host = parseHost(header);
  if (!defaultPorts.has(scheme) || host?.name !== name) return false;
  const said = port === "" ? null : Number(port);
  return said === host.port || said === effective(host.port);
}

/** A page of a loopback address or name, or of the same IP address as the server: an emulator, a phone in the network. */
function isOfThisMachine({ scheme, name }: Origin, header: string | null): boolean {
  if (!defaultPorts.has(scheme)) return false;
  return isLoopbackName(name) || (isAddress(name) && parseHost(header)?.name === name);
}

/** `*` in the place of a scheme or a port takes one; in a name labels, at least one. RE2: linear in time. */
function patternOf({ scheme, name, port }: Origin): (text: string) => boolean {
  const head = scheme === "*" ? "[a-z][a-z0-9+.-]*" : RE2JS.quote(scheme);
  const tail = port === "*" ? ":[0-9]{1,5}" : RE2JS.quote(port && `:${port}`);
  const compiled = RE2JS.compile(`${head}://${namePattern(name)}${tail}`);
  return (text) => compiled.matches(text);
}

function namePattern(name: string): string {
  return name.split("*").map(RE2JS.quote).join("[a-z0-9_-]+(?:\\.[a-z0-9_-]+)*");
}
