import { systemNetwork } from "../../src/runtime/network.ts";

/** Whether the machine has the loopback address of IPv6. */
export const hasIpv6 = (() => {
  try {
    systemNetwork.probe("::1", 0);
    return true;
  } catch {
    return false;
  }
})();
