// @bun
import {
  mergeTrees,
  parseConfig,
  declareChannels,
  namespaceConflicts,
  OperationError,
  BunSocket,
  fileProblems,
  start
} from "./chorus-rkb85v7f.js";

// src/app/configured.ts
function startConfigured(input, outside) {
  const { application } = outside;
  const profile = outside.profile ?? (input ? "file" : "development");
  const parsed = parseConfig(mergeTrees(application ? applicationDefaults(application) : {}, input ?? {}), profile);
  if (!parsed.ok)
    return { ok: false, error: parsed.error };
  const { config, warnings } = parsed.value;
  const conflicts = application ? namespaceConflicts(declareChannels(application.schemas, application.handlers), config) : [];
  const problems = [...conflicts, ...fileProblems(config)];
  return problems.length > 0 ? { ok: false, error: problems } : { ok: true, value: start(config, { ...outside, profile, warnings }) };
}
function applicationDefaults({ authenticate }) {
  return { web: { enabled: false }, client: { allow_anonymous_connect_without_token: authenticate === null } };
}

// src/app/mounting.ts
function mountedHandlers(chorus, own, frameBytesMax) {
  return {
    open: (ws) => isChorus(ws) ? chorus().open?.(ws) : own?.open?.(ws),
    message: (ws, frame) => isChorus(ws) ? chorus().message?.(ws, frame) : own?.message?.(ws, frame),
    ping: (ws, data) => isChorus(ws) ? chorus().ping?.(ws, data) : own?.ping?.(ws, data),
    pong: (ws, data) => isChorus(ws) ? chorus().pong?.(ws, data) : own?.pong?.(ws, data),
    drain: (ws) => isChorus(ws) ? chorus().drain?.(ws) : own?.drain?.(ws),
    close: (ws, code, reason) => isChorus(ws) ? chorus().close?.(ws, code, reason) : own?.close?.(ws, code, reason),
    error: (error, ws) => isChorus(ws) ? chorus().error?.(error, ws) : failed(own, error, ws),
    idleTimeout: 0,
    sendPings: false,
    perMessageDeflate: false,
    backpressureLimit: 0,
    closeOnBackpressureLimit: false,
    publishToSelf: false,
    maxPayloadLength: Math.max(frameBytesMax, own?.maxPayloadLength ?? 0)
  };
}
function isChorus(ws) {
  return ws.data instanceof BunSocket;
}
function failed(own, error, ws) {
  if (!own?.error)
    throw error;
  return own.error(error, ws);
}

// src/app/application.ts
var frameBytesMax = 16777216;

class RunningApplication {
  #definition;
  #invalid;
  #started = null;
  constructor(definition, invalid) {
    this.#definition = definition;
    this.#invalid = invalid;
  }
  start(input = {}, outside = {}) {
    const application = this.#definition;
    const outcome = startConfigured(input, { ...outside, profile: outside.profile ?? "file", application });
    if (!outcome.ok)
      throw this.#invalid(outcome.error);
    const { application: server } = outcome.value;
    if (!server)
      throw new Error("an application was started without its definition");
    this.#started = outcome.value;
    return server;
  }
  async fetch(request, server) {
    const { mount } = this.#running();
    const answer = await mount.respond(request, server);
    if (answer === null)
      return;
    return answer ?? new Response(null);
  }
  websocketWith(own) {
    return mountedHandlers(() => this.#running().mount.handlers, own, frameBytesMax);
  }
  #running() {
    if (this.#started === null)
      this.start({}, { listen: false });
    if (this.#started === null)
      throw new Error("the application did not start");
    return this.#started;
  }
}

// src/server.ts
class ConfigError extends Error {
  name = "ConfigError";
  lines;
  constructor(lines) {
    super(lines.join(`
`));
    this.lines = lines;
  }
}
function isOperationError(error) {
  return error instanceof OperationError;
}
async function startServer(input, options = {}) {
  const outcome = startConfigured(input, options);
  if (!outcome.ok)
    throw new ConfigError(outcome.error);
  const { url, internalUrl, stop, inProcess } = outcome.value;
  return { url, internalUrl, stop, ...inProcess };
}

// src/application.ts
function chorus(contract) {
  return define(contract, null);
}
function define(contract, authenticate) {
  return {
    authenticate: (handler, options = {}) => define(contract, { handle: handler, options }),
    handle: (handlers) => createApp(contract, {
      schemas: contract.schemas,
      authenticate,
      handlers
    })
  };
}
function createApp(contract, definition) {
  const running = new RunningApplication(definition, (lines) => new ConfigError(lines));
  return {
    contract,
    start: async (config, options) => await running.start(config, options),
    fetch: (request, server) => running.fetch(request, server),
    websocket: running.websocketWith(null),
    websocketWith: (own) => running.websocketWith(own)
  };
}
// src/hooks/in-process/answers.ts
function refuse(code, details = {}) {
  return { ok: false, code, ...details };
}
function accept(who) {
  return { ok: true, ...who };
}
export {
  ConfigError,
  accept,
  chorus,
  isOperationError,
  refuse,
  startServer
};

//# debugId=1784484DCD35F1CE64756E2164756E21
//# sourceMappingURL=chorus.js.map
