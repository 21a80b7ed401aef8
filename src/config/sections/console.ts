import { flag, secret, section } from "../../options/option.ts";

/** `console`: the operator's pages. */
export const operatorConsole = section({
  enabled: flag(
    false,
    "Whether `/console` is served: on `http_server.internal_port` where there is one, else on the public port.",
  ),
  key: secret(
    "The key of the console, which no other part of the server has. Only on a loopback address it may be empty.",
    {
      pattern: /^[\x21-\x7e]*$/,
      means: "a key of visible ASCII characters without blanks",
    },
  ),
  payloads: flag(false, "Whether the console shows the data of publications; otherwise it shows their sizes."),
});
