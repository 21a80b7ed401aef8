/** A channel pattern, compiled: makes names from parameters, and reads parameters from names. */
export interface Pattern {
  /** The names of the parameters, in their order. */
  readonly parameters: readonly string[];
  /**
   * The name of the channel with these parameters.
   *
   * @throws TypeError where one is missing, is no text, or contains a colon
   */
  name(params: Readonly<Record<string, string>>): string;
  /** The parameters of a name; null where the pattern does not match it. */
  match(name: string): Readonly<Record<string, string>> | null;
}

const parameter = /\{([^{}]*)\}/g;
const parameterName = /^[A-Za-z_][A-Za-z0-9_]*$/;
const namespaceName = /^[-A-Za-z0-9_.]+$/;

/** The text before the first colon; "" where there is none. */
export function namespaceOf(name: string): string {
  const at = name.indexOf(":");
  return at === -1 ? "" : name.slice(0, at);
}

/**
 * Compiles a channel pattern.
 *
 * @throws TypeError where it is not valid
 */
export function compilePattern(pattern: string): Pattern {
  const parameters = [...pattern.matchAll(parameter)].map(([, name = ""]) => name);
  const fault = faultOf(pattern, parameters);
  if (fault !== null) throw new TypeError(`channel pattern "${pattern}": ${fault}`);
  const literals = pattern.split(/\{[^{}]*\}/);
  // A parameter is all up to the next colon, so one pass reads a name: no pattern can make it backtrack.
  const expression = new RegExp(`^${literals.map(escapeLiteral).join("([^:]*)")}$`);
  return {
    parameters,
    name: (params) =>
      literals.reduce((name, literal, index) => name + textOf(params, parameters[index - 1] ?? "", pattern) + literal),
    match: (name) => {
      const found = expression.exec(name);
      return found && Object.fromEntries(parameters.map((parameter, index) => [parameter, found[index + 1] ?? ""]));
    },
  };
}

/**
 * Holds the patterns of a contract apart: each name is matched by one of them, or by one with fewer parameters first.
 *
 * @throws TypeError where a pattern is not valid, or two patterns match the same names
 */
export function assertPatterns(patterns: readonly string[]): void {
  const shapes = new Map<string, string>();
  for (const pattern of patterns) {
    compilePattern(pattern);
    const shape = pattern.replace(parameter, "{}");
    const other = shapes.get(shape);
    if (other !== undefined) throw new TypeError(`channel patterns "${other}" and "${pattern}" match the same names`);
    shapes.set(shape, pattern);
  }
}

function faultOf(pattern: string, parameters: readonly string[]): string | null {
  const bare = pattern.replace(parameter, "");
  if (pattern === "") return "it is empty";
  if (/[{}]/.test(bare)) return "a brace has no counterpart";
  if (/\}[^:]|[^:{]\{/.test(pattern)) return "a parameter is between colons, as in `chat:{room}:cursors`";
  if (new Set(parameters).size < parameters.length) return "a parameter occurs twice";
  const wrong = parameters.find((name) => !parameterName.test(name));
  if (wrong !== undefined) return `"${wrong}" is no name of a parameter: letters, digits and _`;
  if (pattern.includes(":") && !namespaceName.test(namespaceOf(pattern))) {
    return "its namespace, the part before the first colon, is letters, digits, -, _ and .";
  }
  return parameters.length > 0 && !pattern.includes(":") ? "a parameter needs a namespace before it" : null;
}

function textOf(params: Readonly<Record<string, string>>, name: string, pattern: string): string {
  const text: unknown = Object.hasOwn(params, name) ? params[name] : undefined;
  if (typeof text !== "string") throw new TypeError(`channel "${pattern}": the parameter ${name} is missing`);
  if (text.includes(":")) throw new TypeError(`channel "${pattern}": the parameter ${name} contains a colon`);
  return text;
}

function escapeLiteral(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
