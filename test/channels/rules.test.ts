import { expect, test } from "bun:test";
import { createChannelRules } from "../../src/channels/rules.ts";
import { channelConfig, flags } from "./config.ts";

test("[CH1] the namespace is what stands before the first colon, after a private prefix", () => {
  const rules = createChannelRules(channelConfig({}, [{ name: "ns" }]), flags());
  const namespaceOf = (name: string) => rules.resolve(name)?.namespace.name;
  expect(namespaceOf("ns:a:b")).toBe("ns");
  expect(namespaceOf("ns:")).toBe("ns");
  expect(namespaceOf("$ns:a")).toBe("ns");
  expect(namespaceOf("a")).toBe("");
  expect(namespaceOf(":a")).toBe("");
  expect(namespaceOf("$a")).toBe("");
  expect(rules.resolve("other:a")).toBeNull();
});
