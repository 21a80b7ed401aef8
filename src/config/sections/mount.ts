import { section, text } from "../../options/option.ts";

/** `mount`: where an application's own server serves Chorus. */
export const mount = section({
  path: text("/", "The path below which `app.fetch` answers, inside of a server of the application.", {
    pattern: /^\/(?:[^\s?#]*[^\s?#/])?$/,
    means: "a path that begins with a slash and does not end with one",
  }),
});
