// src/contract/errors.ts
var ownCodeMin = 400;
var ownCodeMax = 1999;
var numbers = {
  unauthorized: [101],
  forbidden: [103],
  unknown: [102, 104],
  limited: [111, 106],
  unavailable: [100, 108],
  bad_request: [107, 105, 112],
  expired: [110, 109]
};
var reasons = new Map(Object.entries(numbers).flatMap(([reason, list]) => list.map((number) => [number, reason])));
function reasonOf(number) {
  return reasons.get(number) ?? null;
}
function numberOf(reason) {
  return Object.hasOwn(numbers, reason) ? numbers[reason][0] ?? null : null;
}
function assertErrorCodes(owner, errors) {
  const seen = new Set;
  for (const [name, number] of Object.entries(errors)) {
    if (!Number.isInteger(number) || number < ownCodeMin || number > ownCodeMax) {
      throw new TypeError(`${owner}: the error ${name} needs a number from 400 to 1999, not ${number}`);
    }
    if (seen.has(number))
      throw new TypeError(`${owner}: two errors have the number ${number}`);
    if (numberOf(name) !== null)
      throw new TypeError(`${owner}: the error ${name} has the name of a reason of Chorus`);
    seen.add(number);
  }
}

// src/contract/pattern.ts
var parameter = /\{([^{}]*)\}/g;
var parameterName = /^[A-Za-z_][A-Za-z0-9_]*$/;
var namespaceName = /^[-A-Za-z0-9_.]+$/;
function namespaceOf(name) {
  const at = name.indexOf(":");
  return at === -1 ? "" : name.slice(0, at);
}
function compilePattern(pattern) {
  const parameters = [...pattern.matchAll(parameter)].map(([, name = ""]) => name);
  const fault = faultOf(pattern, parameters);
  if (fault !== null)
    throw new TypeError(`channel pattern "${pattern}": ${fault}`);
  const literals = pattern.split(/\{[^{}]*\}/);
  const expression = new RegExp(`^${literals.map(escapeLiteral).join("([^:]*)")}$`);
  return {
    parameters,
    name: (params) => literals.reduce((name, literal, index) => name + textOf(params, parameters[index - 1] ?? "", pattern) + literal),
    match: (name) => {
      const found = expression.exec(name);
      return found && Object.fromEntries(parameters.map((parameter, index) => [parameter, found[index + 1] ?? ""]));
    }
  };
}
function assertPatterns(patterns) {
  const shapes = new Map;
  for (const pattern of patterns) {
    compilePattern(pattern);
    const shape = pattern.replace(parameter, "{}");
    const other = shapes.get(shape);
    if (other !== undefined)
      throw new TypeError(`channel patterns "${other}" and "${pattern}" match the same names`);
    shapes.set(shape, pattern);
  }
}
function faultOf(pattern, parameters) {
  const bare = pattern.replace(parameter, "");
  if (pattern === "")
    return "it is empty";
  if (/[{}]/.test(bare))
    return "a brace has no counterpart";
  if (/\}[^:]|[^:{]\{/.test(pattern))
    return "a parameter stands between colons, as in `chat:{room}:cursors`";
  if (new Set(parameters).size < parameters.length)
    return "a parameter occurs twice";
  const wrong = parameters.find((name) => !parameterName.test(name));
  if (wrong !== undefined)
    return `"${wrong}" is no name of a parameter: letters, digits and _`;
  if (pattern.includes(":") && !namespaceName.test(namespaceOf(pattern))) {
    return "its namespace, the part before the first colon, is letters, digits, -, _ and .";
  }
  return parameters.length > 0 && !pattern.includes(":") ? "a parameter needs a namespace before it" : null;
}
function textOf(params, name, pattern) {
  const text = Object.hasOwn(params, name) ? params[name] : undefined;
  if (typeof text !== "string")
    throw new TypeError(`channel "${pattern}": the parameter ${name} is missing`);
  if (text.includes(":"))
    throw new TypeError(`channel "${pattern}": the parameter ${name} contains a colon`);
  return text;
}
function escapeLiteral(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

// src/contract/contract.ts
function channel(pattern, schemas) {
  return { kind: "channel", pattern, schemas };
}
function rpc(schemas) {
  return { kind: "rpc", schemas };
}
function contract(schemas) {
  assertPatterns(Object.values(schemas.channels ?? {}).map(({ pattern }) => pattern));
  const declared = [...Object.entries(schemas.channels ?? {}), ...Object.entries(schemas.calls ?? {})];
  for (const [name, { schemas: own }] of declared)
    assertErrorCodes(name, own.errors ?? {});
  return { schemas };
}
export {
  channel,
  contract,
  rpc
};

//# debugId=CA3750B0F1A4C76B64756E2164756E21
//# sourceMappingURL=contract.js.map
