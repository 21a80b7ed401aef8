import { refuse } from "../../core/result.ts";
import { fields, json, text } from "../fields.ts";
import { defineMethod, notFound } from "../method.ts";
import { nothing } from "../shapes.ts";

/** Calls a method of the server. There are none. */
export const rpc = defineMethod({
  name: "rpc",
  summary: "Calls a method of the server; there are none.",
  request: fields({ method: text("The name of the method."), params: json("Its parameters: any JSON value.") }),
  result: nothing,
  needs: ["method"],
  kind: "write",
  channels: () => null,
  run: () => refuse(notFound),
});
