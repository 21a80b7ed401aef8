import { describe } from "bun:test";
import { skipping } from "./skipping.ts";

/** Tests with servers of others are switched on, as `.ci/run` does. */
const isOn = process.env["CHORUS_TEST_ENGINES"] === "1";

/** Where `valkey-server` is; "" for nowhere. */
const valkey = process.env["CHORUS_TEST_VALKEY"] ?? "";

/** A suite for Redis, and once more for Valkey where `CHORUS_TEST_VALKEY` names its program. */
export function describeWithRedisAndValkey(name: string, suite: (program: string, isValkey: boolean) => void): void {
  describeWithEngine(`${name} on Redis`, "redis-server", () => suite("redis-server", false));
  const remark = skipping(valkey === "" ? "CHORUS_TEST_VALKEY names no valkey-server" : null);
  if (valkey === "") describe.skipIf(true)(`${name} on Valkey${remark}`, () => suite(valkey, true));
  else describeWithEngine(`${name} on Valkey`, valkey, () => suite(valkey, true));
}

/** A suite that needs a program of an engine (`redis-server`): `CHORUS_TEST_ENGINES=1` runs it, and fails where there is none. */
export function describeWithEngine(name: string, program: string, suite: () => void): void {
  if (isOn && Bun.which(program) === null) throw new Error(`CHORUS_TEST_ENGINES=1, but there is no ${program}.`);
  const remark = skipping(isOn ? null : "CHORUS_TEST_ENGINES=1 runs the tests with Redis");
  describe.skipIf(!isOn)(`${name}${remark}`, suite);
}
