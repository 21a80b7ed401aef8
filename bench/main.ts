import { parseOptions } from "./options.ts";
import { runSuite } from "./suite.ts";

const options = parseOptions(process.argv.slice(2));
if (typeof options === "string") {
  console.log(options);
  process.exit(options.startsWith("usage") ? 0 : 64);
}
process.exit(await runSuite(options));
