import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Hook } from "../../src/hooks/hooks.ts";
import { valid } from "../config/support.ts";
import { certificate, certificateKey, renewedCertificate, renewedKey } from "../support/certificate.ts";
import { testTimeout } from "../support/patience.ts";
import { Asked, CallerFixture } from "./fixture.ts";
import { httpHooks } from "./http-backend.ts";

setDefaultTimeout(testTimeout);

const off = {
  enabled: true,
  cert_pem: "",
  key_pem: "",
  server_ca_pem: "",
  server_name: "",
  insecure_skip_verify: false,
};
const own = { cert_pem: renewedCertificate, key_pem: renewedKey };

describe("a hook over HTTPS, whose back end asks for a certificate", () => {
  test.each<[string, object, string]>([
    ["answers one that has it", { server_ca_pem: certificate, ...own }, ""],
    ["answers one that verifies nothing", { insecure_skip_verify: true, ...own }, ""],
    ["does not answer one without it", { server_ca_pem: certificate }, "hook.failed"],
    ["is not asked where its authority is unknown", own, "DEPTH_ZERO_SELF_SIGNED_CERT"],
    [
      "is not asked where its name is another",
      { server_ca_pem: certificate, server_name: "a.example", ...own },
      "ALTNAME",
    ],
  ])("[HH6] it %s", async (_, tls, reason) => {
    await using server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      tls: { cert: certificate, key: certificateKey, ca: renewedCertificate, requestCert: true },
      fetch: () => Response.json({ result: {} }),
    });
    const { http } = valid({}).rpc.proxy;
    const hooks = httpHooks(`${server.url.href}?key=sesame`, { http: { ...http, tls: { ...off, ...tls } } });
    const fixture = new CallerFixture();
    const hook = hooks.rpc("m") as Hook<"rpc">;
    const request = { method: "m", data: { kind: "json", json: "1" } } as const;
    const { kind } = await new Asked(fixture.connect(), hook, request).outcome;
    expect(kind).toBe(reason === "" ? "result" : "failed");
    expect(fixture.log.text.join("")).toContain(reason);
    expect(fixture.log.text.join("")).not.toContain("sesame");
  });
});
