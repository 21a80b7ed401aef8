import { describe, expect, test } from "bun:test";
import packageJson from "../../package.json" with { type: "json" };
import { loadConfig } from "../../src/config/load.ts";
import { load, loaded, refused } from "./support.ts";

const open = '"client": {"allow_anonymous_connect_without_token": true}';

describe("where a configuration comes from", () => {
  test("[CF70] a flag wins over a variable, a variable over the file, and the file over defaults", () => {
    const files = {
      "/work/config.json": `{"http_server": {"port": 1, "address": "::1"}, "plain": {"channel": "aa"}, ${open}}`,
    };
    const env = { CHORUS_HTTP_SERVER_PORT: "2", CHORUS_PLAIN_CHANNEL: "bb" };
    expect(loaded({ files }).config.http_server).toMatchObject({ port: 1, address: "::1" });
    expect(loaded({ files, env }).config).toMatchObject({
      http_server: { port: 2, address: "::1" },
      plain: { channel: "bb", enabled: true },
    });
    const { config } = loaded({ files, env, argv: ["--port=3", "--address", "127.0.0.1"] });
    expect(config.http_server).toMatchObject({ port: 3, address: "127.0.0.1" });
  });

  test("the flag names the file, else the variable does, else it is config.json where there is one", () => {
    const files = { "/work/config.json": "{}", "/work/a.json": "{}", "/etc/b.json": "{}" };
    const env = { CHORUS_CONFIG: "/etc/b.json" };
    expect(loaded({ files }).file).toBe("/work/config.json");
    expect(loaded({ files, env: { CHORUS_CONFIG: "" } }).file).toBe("/work/config.json");
    expect(loaded({ files: { ...files, "/etc/b.json": `{${open}}` }, env })).toMatchObject({
      file: "/etc/b.json",
      warnings: [],
    });
    expect(loaded({ files, env, argv: ["--config", "a.json"] }).file).toBe("/work/a.json");
    expect(loaded({ files, env, argv: ["-c", "config.json", "--config=a.json"] }).file).toBe("/work/a.json");
  });

  test("a file that is named and not there, or cannot be read, is an error", () => {
    expect(refused({ argv: ["--config", "no.json"] })).toEqual(["/work/no.json: there is no such file"]);
    expect(refused({ env: { CHORUS_CONFIG: "no.json" } })).toEqual(["/work/no.json: there is no such file"]);
    const readFile = () => {
      throw Object.assign(new Error("secret words"), { code: "EACCES" });
    };
    expect(loadConfig({ argv: [], env: {}, cwd: "/work", readFile })).toEqual({
      kind: "errors",
      lines: ["/work/config.json: cannot be read (EACCES)"],
      isUsage: false,
    });
  });

  test.each([
    ['{"a": sesame}', "not valid JSON: invalid symbol at line 1, column 7"],
    ['{\n  "a": 1,\n  "b" 2\n}', "not valid JSON: colon expected at line 3, column 7"],
    ['{"a": 1,}', "not valid JSON: a comma too many at line 1, column 9"],
    ['{"a": 1 /* no end', "not valid JSON: unexpected end of comment at line 1, column 9"],
    ["\ufffd\ufffd{\0}\0", "not UTF-8: save the file in this encoding"],
    ["", "not valid JSON: value expected at line 1, column 1"],
    ["[]", "expected an object with options"],
    ["null", "expected an object with options"],
  ])("[CF73] the file %p is refused with its place", (text, words) => {
    expect(refused({ files: { "/work/config.json": text } })).toEqual([`/work/config.json: ${words}`]);
  });

  test.each([
    ["config.json", `\ufeff{${open}}`],
    ["config.json", `// who may come\n{${open} /* everyone */}`],
    ["config.json", `{${open}, "http_api": {"key": "https://x/*y*/"}}`],
    ["a.yaml", "# who may come\nclient:\n  allow_anonymous_connect_without_token: true\n"],
    ["a.yaml", "client:\n  allow_anonymous_connect_without_token: true\n  token:\n    # none\nchannel:\n  # none\n"],
    ["b.YML", "client: {allow_anonymous_connect_without_token: true}"],
    ["c.toml", "\ufeff[client]\nallow_anonymous_connect_without_token = true # everyone"],
  ])("[CF96] the file %s is read in the format of its name: %j", (name, text) => {
    const { config, warnings } = loaded({ argv: ["--config", name], files: { [`/work/${name}`]: text } });
    expect(config.client.allow_anonymous_connect_without_token).toBe(true);
    expect(["", "https://x/*y*/"]).toContain(config.http_api.key);
    expect(warnings).toEqual([]);
  });

  test("[CF96] lists of objects, durations and numbers are alike in every format", () => {
    const wanted = { channel: { namespaces: [{ name: "chat", history_size: 10, history_ttl: "60s" }] } };
    const texts = {
      "a.json": JSON.stringify(wanted),
      "a.yaml": "channel:\n  namespaces:\n    - name: chat\n      history_size: 10\n      history_ttl: 60s\n",
      "a.toml": '[[channel.namespaces]]\nname = "chat"\nhistory_size = 10\nhistory_ttl = "60s"\n',
      "empty.yaml": "# nothing\n",
    };
    const configs = Object.entries(texts).map(
      ([name, text]) =>
        loaded({ argv: ["--config", name], files: { [`/work/${name}`]: text } }).config.channel.namespaces,
    );
    expect(configs[0]).toMatchObject([{ name: "chat", history_ttl: 60_000 }]);
    expect(configs.slice(1)).toEqual([configs[0] ?? [], configs[0] ?? [], []]);
  });

  test("[CF96] one text is a list of one, as in files of Centrifugo, and an empty one a list of none", () => {
    const text = `{${open}, "http_server": {"trusted_proxies": ""}, "engine": {"redis": {"address": "redis:6379"}}}`;
    const { config } = loaded({ files: { "/work/config.json": text } });
    expect(config.http_server.trusted_proxies).toEqual([]);
    expect(config.engine.redis.address).toEqual(["redis:6379"]);
  });

  test.each([
    ["a.yaml", "client:\n  insecure: [true\nplain: {}\n", "not valid YAML: unexpected token at line 2"],
    ["a.yaml", "client:\n  token: *sesame\n", "not valid YAML: unresolved alias at line 2"],
    ["a.yaml", "- client\n", "expected an object with options"],
    ["a.toml", "[client]\nuser = sesame\n", "not valid TOML: strings must be quoted at line 2"],
    ["a.toml", "a = 1\na = 2\n", "not valid TOML: cannot redefine key 'a' at line 2"],
  ])("[CF73] the file %s with %j is refused with its line", (name, text, words) => {
    const files = { [`/work/${name}`]: text };
    expect(refused({ argv: ["--config", name], files })).toEqual([`/work/${name}: ${words}`]);
  });

  test("a mistake tells where it came from, where that is not the file", () => {
    expect(
      refused({
        files: { "/work/config.json": '{"plain": {"enabled": 1}}' },
        env: { CHORUS_CLIENT_ALLOWED_ORIGINS: "https://a.example b", CHORUS_GRPC_API_ENABLED: "true" },
        argv: ["--port", "http"],
      }),
    ).toEqual([
      "grpc_api.enabled: not supported, and going on without it is unsafe: those who use it would find nothing there " +
        "(from CHORUS_GRPC_API_ENABLED)",
      'http_server.port: expected a whole number from 0 to 65535, got "http" (from --port)',
      'client.allowed_origins[1]: expected "*" or an origin such as "https://app.example.com", got "b" ' +
        "(from CHORUS_CLIENT_ALLOWED_ORIGINS)",
      "plain.enabled: expected true or false, got 1",
    ]);
  });
});

describe("flags", () => {
  test.each([
    [["--prot", "3"], "--prot: unknown flag, the nearest known one is --port"],
    [["-x"], /^-x: unknown flag, the nearest known one is --/],
    [["--port"], "--port: expected a value"],
    [["--config", "--port", "3"], "--config: expected a value"],
    [["--address="], "--address: expected a value"],
    [["--check-config=yes"], "--check-config: expected no value"],
    [
      ["sesame"],
      "an argument was not expected: the commands are gentoken, checktoken, backup and renew-epochs, and they come first; --help tells more",
    ],
  ])("%p is refused", (argv, line) => {
    expect(refused({ argv })).toEqual([typeof line === "string" ? line : expect.stringMatching(line)]);
  });

  test("a sub-command's own words and flags are passed over", () => {
    const files = { "/work/a.json": "{}" };
    const argv = ["gentoken", "--user", "ann", "--ttl", "1h", "-c", "a.json", "--quiet", "--port", "3"];
    expect(loaded({ argv, files, passOver: true })).toMatchObject({
      file: "/work/a.json",
      config: { http_server: { port: 3 } },
    });
    expect(refused({ argv: ["checktoken", "sesame", "--config"], passOver: true })).toEqual([
      "--config: expected a value",
    ]);
  });

  test("[CF83] --help and --version print, whatever the configuration is", () => {
    const files = { "/work/config.json": "broken" };
    expect(load({ argv: ["--version"], files })).toEqual({ kind: "print", text: packageJson.version, exitCode: 0 });
    const help = load({ argv: ["-h", "--version"], files });
    expect(help).toMatchObject({ kind: "print", text: expect.stringContaining("--check-config") });
  });

  test("[CF84] --check-config says that the configuration is valid, with its warnings, or what is wrong", () => {
    const argv = ["--check-config"];
    expect(load({ argv })).toMatchObject({ kind: "print", text: expect.stringContaining("development profile") });
    expect(load({ argv, files: { "/work/config.json": `{"admin": {"enabled": true}, ${open}}` } })).toEqual({
      kind: "print",
      text: "warning: admin.enabled: not supported, the server goes on without it\nThe configuration is valid: /work/config.json",
      exitCode: 0,
    });
    expect(load({ argv, files: { "/work/config.json": '{"echo": 1}' } })).toMatchObject({ kind: "errors" });
  });
});
