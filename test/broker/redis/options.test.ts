import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { chorus } from "../../../src/application.ts";
import { checkRedis } from "../../../src/broker/redis/check.ts";
import { contract } from "../../../src/contract/contract.ts";
import { systemRandom } from "../../../src/runtime/system.ts";
import { startServer } from "../../../src/server.ts";
import { certificate, certificateKey } from "../../support/certificate.ts";
import { describeWithEngine } from "../../support/engines.ts";
import { TemporaryFolder } from "../../support/folder.ts";
import { testTimeout } from "../../support/patience.ts";
import { ChorusProcess } from "../../support/process.ts";
import { freePort, TestRedis } from "../../support/redis.ts";

setDefaultTimeout(testTimeout);

const check = (options: Parameters<typeof checkRedis>[0]) => checkRedis(options, systemRandom);

/** A user of the server that may do what a node needs, but for what is taken away. */
const user = (...rules: readonly string[]) =>
  ["ACL", "SETUSER", "node", "on", ">sesame", "~mine:*", "&mine:*", "+@all", "-@dangerous", ...rules] as const;

describeWithEngine("the options of Redis", "redis-server", () => {
  test("a user with a password, a prefix and a database", async () => {
    await using redis = await TestRedis.start();
    redis.command(...user("+info"));
    const own = { user: "node", password: "sesame", prefix: "mine" };
    expect(await check(redis.options(redis.port, own))).toBeNull();
    expect(await check(redis.options(redis.port, { db: 3 }))).toBeNull();
    const elsewhere = await check(redis.options(redis.port, { ...own, prefix: "other" }));
    expect(elsewhere).toMatchObject({ kind: "refused" });
    const wrong = await check(redis.options(redis.port, { ...own, password: "secret" }));
    expect(wrong).toMatchObject({ kind: "refused", words: expect.stringContaining("WRONGPASS") });
    expect(JSON.stringify([elsewhere, wrong])).not.toMatch(/sesame|secret/);
    expect(await check(redis.options(freePort()))).toMatchObject({ kind: "unreachable" });
  });

  test("[RD5] a server that does not tell its replication id is refused, unless the weaker promise is accepted", async () => {
    await using redis = await TestRedis.start();
    redis.command(...user());
    const own = { user: "node", password: "sesame", prefix: "mine" };
    const fault = await check(redis.options(redis.port, own));
    expect(fault).toMatchObject({
      kind: "refused",
      words: expect.stringMatching(/^engine\.redis\.generation: .*"none"/),
    });
    expect(await check(redis.options(redis.port, { ...own, generation: "none" }))).toBeNull();
  });

  test("[RD5] the start and --check-config --probe refuse it in one line, with exit code 78", async () => {
    await using redis = await TestRedis.start();
    redis.command(...user());
    const address = [`redis://127.0.0.1:${redis.port}`];
    const engine = { type: "redis", redis: { address, user: "node", password: "sesame", prefix: "mine" } };
    const config = { http_server: { port: 0 }, engine };
    for (const args of [[], ["--check-config", "--probe"]]) {
      const { code, stderr } = await ChorusProcess.run({ config, args });
      expect(code).toBe(78);
      expect(stderr).toEqual([expect.stringMatching(/^engine\.redis\.generation: /)]);
    }
    const { code } = await ChorusProcess.run({ config, args: ["--check-config"] });
    expect(code).toBe(0);
    const embedded = { http_server: { port: 0 }, engine: { ...engine, type: "redis" as const } };
    await expect(startServer(embedded)).rejects.toThrow(/^engine\.redis\.generation: /);
    await expect(chorus(contract({})).handle({}).start(embedded, { listen: false })).rejects.toThrow(
      /^engine\.redis\.gen/,
    );
  });

  test("connections are encrypted, and a certificate that is not trusted is refused", async () => {
    await using folder = await TemporaryFolder.create();
    const [cert, key] = [join(folder.path, "cert.pem"), join(folder.path, "key.pem")];
    await Bun.write(cert, certificate);
    await Bun.write(key, certificateKey);
    const tlsPort = freePort();
    const files = ["--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", cert];
    await using redis = await TestRedis.start(["--tls-port", String(tlsPort), "--tls-auth-clients", "no", ...files]);
    const tls = { cert: "", key: "", ca: certificate, serverName: "localhost", isVerified: true };
    expect(await check(redis.options(tlsPort, { tls }))).toBeNull();
    expect(await check(redis.options(tlsPort, { tls: { ...tls, ca: "" } }))).toMatchObject({ kind: "refused" });
    expect(await check(redis.options(tlsPort, { tls: { ...tls, ca: "", isVerified: false } }))).toBeNull();
  });
});
