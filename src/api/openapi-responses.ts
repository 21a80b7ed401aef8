// The parts of the OpenAPI document that all methods share.

/** A body of JSON. */
export const jsonOf = (schema: object) => ({ content: { "application/json": { schema } } });
const text = { content: { "text/plain": { schema: { type: "string" } } } };
const later = { "Retry-After": { description: "Seconds to wait.", schema: { type: "integer" } } };
/** A schema of the document by its name. */
export const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const inTransportMode = (description: string) => ({
  description: `${description} Only where errors are statuses: with X-Centrifugo-Error-Mode, or by http_api.error_mode.`,
  ...jsonOf(reference("Error")),
});

/** The answers that all methods share, by status. */
export const refusals = {
  400: {
    description:
      "The body cannot be read: the place of the mistake is on the second line. Where errors are statuses: an error of the method.",
    content: { ...text.content, ...jsonOf(reference("Error")).content },
  },
  401: { description: "No key, or none that is known. The body is empty." },
  403: inTransportMode("Error 103: the key may not do that."),
  404: inTransportMode("Error 102, an unknown channel, or 104, an unknown method."),
  408: { description: "The body did not arrive in ten seconds.", ...text },
  413: { description: "The body is over http_api.body_size_limit.", ...text },
  415: { description: "The body has a Content-Encoding.", ...text },
  416: inTransportMode("Error 112: the position cannot be recovered."),
  429: { description: "Too many requests with this key.", headers: later, ...text },
  500: inTransportMode("Error 100: something failed inside; the request may be sent again."),
  503: { description: "The server shuts down: methods that change something are not run.", headers: later, ...text },
};
