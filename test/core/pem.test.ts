import { describe, expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { isEncryptedPem, readPem } from "../../src/core/pem.ts";

const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
const other = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const base64 = Buffer.from(pem).toString("base64");

describe("PEM in a value", () => {
  test.each([
    ["as it is", pem],
    ["with Windows line breaks", pem.replaceAll("\n", "\r\n")],
    ["with escaped line breaks", pem.replaceAll("\n", "\\n")],
    ["with escaped Windows line breaks", pem.replaceAll("\n", "\\r\\n")],
    ["on one line with blanks", pem.replaceAll("\n", " ")],
    ["on one line without blanks", pem.replaceAll("\n", "")],
    ["in quotation marks", `"${pem.replaceAll("\n", "\\n")}"`],
    ["with white space around", `\n  ${pem}\n `],
    ["with a byte order mark", `\ufeff${pem}`],
    ["in base64", base64],
    ["in base64 with line breaks", `${base64.replace(/.{76}/g, "$&\n")}\n`],
    ["in base64 of one line", Buffer.from(pem.replaceAll("\n", "\\n")).toString("base64")],
  ])("it is read %s", (_, value) => {
    expect(readPem(value)).toBe(pem);
  });

  test("it is read from several blocks, and nothing between them", () => {
    expect(readPem(`# the chain\n${pem.replaceAll("\n", " ")} # and\n${other}`)).toBe(pem + other);
  });

  test.each(["", "key.pem", "/etc/ssl/key.pem", "secret"])("it is none in %p", (value) => {
    expect(readPem(value)).toBeNull();
  });

  test.each(["pkcs8", "pkcs1"] as const)("it is known to be encrypted in the form of %s", (type) => {
    const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const encrypted = pair.privateKey.export({ type, format: "pem", cipher: "aes-256-cbc", passphrase: "x" });
    expect(isEncryptedPem(readPem(String(encrypted)) ?? "")).toBe(true);
    const plain = pair.privateKey.export({ type, format: "pem" });
    expect(isEncryptedPem(readPem(String(plain)) ?? "")).toBe(false);
  });
});
