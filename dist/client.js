// src/contract/check.ts
function check(schema, value) {
  const result = schema["~standard"].validate(value);
  return result instanceof Promise ? result.then(checkedOf) : checkedOf(result);
}
function checkedOf(result) {
  if (result.issues === undefined)
    return { ok: true, value: result.value };
  return { ok: false, path: pathOf(result.issues[0]?.path ?? []) };
}
function pathOf(path) {
  return path.map((part) => typeof part === "object" ? part.key : part).map((key) => typeof key === "number" ? `[${key}]` : `.${String(key)}`).join("").replace(/^\./, "");
}

// src/contract/envelope.ts
function envelopeIn(value) {
  if (typeof value !== "object" || value === null || !("name" in value) || typeof value.name !== "string")
    return null;
  return { name: value.name, data: "data" in value ? value.data : undefined };
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

// src/client/in-order.ts
class InOrder {
  #last = null;
  check(schema, value, then) {
    const checked = check(schema, value);
    if (this.#last === null && !(checked instanceof Promise))
      then(checked);
    else
      this.#after(Promise.resolve(checked).then((result) => () => then(result)));
  }
  run(task) {
    if (this.#last === null)
      task();
    else
      this.#after(Promise.resolve(task));
  }
  #after(turn) {
    const before = this.#last ?? Promise.resolve();
    const own = before.then(() => turn).then((task) => {
      if (this.#last === own)
        this.#last = null;
      task();
    });
    this.#last = own;
  }
}

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

// src/client/result.ts
function errorNames(errors) {
  return new Map(Object.entries(errors ?? {}).map(([name, number]) => [number, name]));
}
var stockTimeout = 1;
function failureOf({ number, message, temporary }, names) {
  const own = names.get(number) ?? reasonOf(number) ?? (number === stockTimeout ? "timeout" : "disconnected");
  return { ok: false, error: { code: own, number, message, temporary } };
}
function failureOfRejection(rejection, names) {
  const { code, message, temporary } = readRejection(rejection);
  return failureOf({ number: code, message, temporary: temporary || code < 100 }, names);
}
function invalid(code, path) {
  const message = path === "" ? code : `${code}: ${path}`;
  return { ok: false, error: { code, number: 107, message, temporary: false } };
}
function readRejection(rejection) {
  const fields = typeof rejection === "object" && rejection !== null ? rejection : {};
  return {
    code: "code" in fields && typeof fields.code === "number" ? fields.code : 0,
    message: "message" in fields && typeof fields.message === "string" ? fields.message : String(rejection),
    temporary: "temporary" in fields && fields.temporary === true
  };
}

// src/client/channel.ts
class TypedChannel {
  channel;
  subscription;
  #session;
  #schemas;
  #names;
  #listeners = new Map;
  #order = new InOrder;
  #subscribed = null;
  constructor(session, subscription, schemas) {
    this.channel = subscription.channel;
    this.subscription = subscription;
    this.#session = session;
    this.#schemas = schemas;
    this.#names = errorNames(schemas.errors);
    subscription.on("publication", (context) => this.#receive(context));
    subscription.on("join", ({ info }) => this.#order.run(() => this.#emit("join", memberOf(info))));
    subscription.on("leave", ({ info }) => this.#order.run(() => this.#emit("leave", memberOf(info))));
    subscription.on("subscribing", () => {
      this.#subscribed = null;
    });
    subscription.on("unsubscribed", () => {
      this.#subscribed = null;
    });
    subscription.on("subscribed", (context) => {
      this.#subscribed = context;
      const isGap = context.wasRecovering && !context.recovered;
      if (isGap)
        this.#order.run(() => this.#emit("gap", { channel: this.channel }));
    });
  }
  async subscribe(...request) {
    const { subscription } = this;
    if (this.#schemas.request) {
      const checked = await check(this.#schemas.request, request[0]);
      if (!checked.ok)
        return invalid("invalid_input", checked.path);
      subscription.setData(request[0]);
    }
    this.#session.connect();
    if (this.#subscribed)
      return this.#welcome(this.#subscribed);
    const answer = this.#nextAnswer();
    subscription.subscribe();
    const context = await answer;
    return "error" in context ? context : this.#welcome(context);
  }
  unsubscribe() {
    this.subscription.unsubscribe();
  }
  publish = async (data) => {
    const schema = this.#schemas.publish;
    if (!schema)
      throw new TypeError(`clients may not publish to ${this.channel}`);
    const checked = await check(schema, data);
    if (!checked.ok)
      return invalid("invalid_input", checked.path);
    const { centrifuge } = this.#session;
    return this.#answer(async () => {
      if (this.subscription.state === "unsubscribed")
        await centrifuge.publish(this.channel, data);
      else
        await this.subscription.publish(data);
      return null;
    });
  };
  on(event, listener) {
    const listeners = this.#listeners.get(event) ?? new Set;
    this.#listeners.set(event, listeners.add(listener));
    return () => listeners.delete(listener);
  }
  presence() {
    return this.#answer(async () => {
      const { clients } = await this.#session.centrifuge.presence(this.channel);
      return new Map(Object.entries(clients).map(([client, info]) => [client, memberOf(info)]));
    });
  }
  async history({
    limit = -1,
    since,
    reverse = false
  } = {}) {
    const { centrifuge } = this.#session;
    const filter = { limit, reverse, ...since && { since } };
    const page = await this.#answer(() => centrifuge.history(this.channel, filter));
    if (!page.ok)
      return page;
    const publications = [];
    for (const context of page.value.publications) {
      const checked = await check(this.#schemas.data, context.data);
      if (!checked.ok)
        return invalid("invalid_output", checked.path);
      publications.push(publicationOf(context, checked.value));
    }
    const { offset, epoch } = page.value;
    return { ok: true, value: { publications, position: { offset, epoch } } };
  }
  async* [Symbol.asyncIterator]() {
    const waiting = [];
    const state = { end: "open", wake: () => {} };
    const finish = (how) => {
      state.end = how;
      state.wake();
    };
    const ended = () => finish("ended");
    const stops = [
      this.on("publication", (publication) => {
        waiting.push(publication);
        state.wake();
      }),
      this.on("gap", () => finish("gap")),
      () => this.subscription.off("unsubscribed", ended)
    ];
    this.subscription.on("unsubscribed", ended);
    try {
      for (;; ) {
        const publication = waiting.shift();
        if (publication)
          yield publication;
        else if (state.end === "gap")
          throw new Error(`publications of ${this.channel} were missed`);
        else if (state.end === "ended")
          return;
        else {
          const { promise, resolve } = Promise.withResolvers();
          state.wake = resolve;
          await promise;
        }
      }
    } finally {
      for (const stop of stops)
        stop();
    }
  }
  #receive(context) {
    this.#order.check(this.#schemas.data, context.data, (checked) => {
      if (checked.ok)
        this.#emit("publication", publicationOf(context, checked.value));
      else
        this.#emit("invalid", { channel: this.channel, path: checked.path });
    });
  }
  #emit(event, value) {
    for (const listener of [...this.#listeners.get(event) ?? []])
      listener(value);
  }
  async#welcome({ recovered, streamPosition, data }) {
    const { welcome: schema } = this.#schemas;
    const checked = schema ? await check(schema, data) : { ok: true, value: null };
    if (!checked.ok)
      return invalid("invalid_output", checked.path);
    return { ok: true, value: { recovered, position: streamPosition ?? null, welcome: checked.value } };
  }
  #nextAnswer() {
    const { subscription } = this;
    const { centrifuge } = this.#session;
    return new Promise((resolve) => {
      const settle = (answer) => {
        subscription.off("subscribed", settle);
        subscription.off("unsubscribed", unsubscribed);
        subscription.off("error", failed);
        centrifuge.off("disconnected", disconnected);
        resolve(answer);
      };
      const fail = (number, message, temporary) => settle(failureOf({ number, message, temporary }, this.#names));
      const unsubscribed = ({ code, reason }) => fail(code, reason, false);
      const failed = ({ error }) => fail(error.code, error.message, true);
      const disconnected = ({ code, reason }) => fail(code, reason, false);
      subscription.on("subscribed", settle);
      subscription.on("unsubscribed", unsubscribed);
      subscription.on("error", failed);
      centrifuge.on("disconnected", disconnected);
    });
  }
  #answer(ask) {
    return this.#session.answer(ask, this.#names);
  }
}
function memberOf({ user, client, chanInfo }) {
  return { user, client, info: chanInfo ?? null };
}
function publicationOf({ offset = 0, info, tags = {} }, data) {
  return { data, offset, info: info ? memberOf(info) : null, tags };
}

// src/client/session.ts
class Session {
  centrifuge;
  #hasConnected = false;
  #end = null;
  constructor(centrifuge) {
    this.centrifuge = centrifuge;
    centrifuge.on("disconnected", (context) => {
      this.#end = context;
    });
    centrifuge.on("connecting", () => {
      this.#hasConnected = true;
      this.#end = null;
    });
  }
  connect() {
    if (this.#hasConnected || this.centrifuge.state !== "disconnected")
      return;
    this.#hasConnected = true;
    this.centrifuge.connect();
  }
  async answer(ask, names) {
    this.connect();
    try {
      return { ok: true, value: await ask() };
    } catch (rejection) {
      const failure = failureOfRejection(rejection, names);
      if (failure.error.code !== "disconnected" || this.#end === null)
        return failure;
      const { code, reason } = this.#end;
      return failureOf({ number: code, message: reason, temporary: false }, names);
    }
  }
}

// src/client/client.ts
var noNames = errorNames(undefined);
function createClient(contract, centrifuge) {
  return new TypedClient(contract.schemas, centrifuge);
}

class TypedClient {
  centrifuge;
  #schemas;
  #session;
  #patterns = new Map;
  #channels = new Map;
  #listeners = new Map;
  #order = new InOrder;
  constructor(schemas, centrifuge) {
    this.centrifuge = centrifuge;
    this.#schemas = schemas;
    this.#session = new Session(centrifuge);
    for (const [name, { pattern }] of Object.entries(schemas.channels ?? {})) {
      this.#patterns.set(name, compilePattern(pattern));
    }
    centrifuge.on("message", ({ data }) => this.#receive(envelopeIn(data)));
  }
  channel(name, params = {}) {
    const pattern = this.#patterns.get(name);
    const schemas = this.#schemas.channels?.[name]?.schemas;
    if (!pattern || !schemas)
      throw new TypeError(`the contract has no channel ${name}`);
    const channel = pattern.name(params);
    const known = this.#channels.get(channel);
    if (known && this.centrifuge.getSubscription(channel) === known.subscription)
      return known;
    const subscription = this.centrifuge.getSubscription(channel) ?? this.centrifuge.newSubscription(channel);
    const made = new TypedChannel(this.#session, subscription, schemas);
    this.#channels.set(channel, made);
    return made;
  }
  async call(name, input, { signal, timeout } = {}) {
    const schemas = this.#schemas.calls?.[name]?.schemas;
    if (!schemas)
      throw new TypeError(`the contract has no call ${name}`);
    const checked = await check(schemas.input, input);
    if (!checked.ok)
      return invalid("invalid_input", checked.path);
    signal?.throwIfAborted();
    const ask = () => within(this.centrifuge.rpc(name, input), { signal, timeout });
    const answer = await this.#session.answer(ask, errorNames(schemas.errors));
    signal?.throwIfAborted();
    if (!answer.ok)
      return answer;
    const output = await check(schemas.output, answer.value.data);
    return output.ok ? { ok: true, value: output.value } : invalid("invalid_output", output.path);
  }
  async send(name, data) {
    const schema = this.#schemas.sends?.[name];
    if (!schema)
      throw new TypeError(`the contract has no send ${name}`);
    const checked = await check(schema, data);
    if (!checked.ok)
      return invalid("invalid_input", checked.path);
    const envelope = { name, data };
    return this.#session.answer(async () => {
      await this.centrifuge.send(envelope);
      return null;
    }, noNames);
  }
  on(message, listener) {
    if (!this.#schemas.messages?.[message])
      throw new TypeError(`the contract has no message ${message}`);
    const listeners = this.#listeners.get(message) ?? new Set;
    this.#listeners.set(message, listeners.add(listener));
    return () => listeners.delete(listener);
  }
  #receive(envelope) {
    const schema = envelope && this.#schemas.messages?.[envelope.name];
    if (!schema)
      return;
    this.#order.check(schema, envelope.data, (checked) => {
      if (!checked.ok)
        return;
      for (const listener of [...this.#listeners.get(envelope.name) ?? []])
        listener(checked.value);
    });
  }
}
function within(answer, { signal, timeout }) {
  if (!signal && timeout === undefined)
    return answer;
  const late = timeout === undefined ? null : AbortSignal.timeout(timeout);
  const { promise, resolve, reject } = Promise.withResolvers();
  const timedOut = () => reject({ code: stockTimeout, message: "timeout" });
  const aborted = () => reject(signal?.reason);
  late?.addEventListener("abort", timedOut, { once: true });
  signal?.addEventListener("abort", aborted, { once: true });
  const done = () => {
    late?.removeEventListener("abort", timedOut);
    signal?.removeEventListener("abort", aborted);
  };
  answer.then(resolve, reject).finally(done);
  return promise;
}
export {
  createClient
};

//# debugId=361010252639A58364756E2164756E21
//# sourceMappingURL=client.js.map
