// The API's reference, rendered from its OpenAPI document.

import { byId, download, element, fill, table } from "./dom.js";

/** Of so many values, all are shown. */
const MANY = 20;

/** address: where the document's relative server lies. */
export function showReference(document, address) {
  const operations = Object.entries(document.paths).flatMap(([path, verbs]) =>
    Object.entries(verbs).map(([verb, operation]) => section(document, path, verb, operation)),
  );
  fill(
    byId("reference-body"),
    element("p", {}, document.info.description ?? "", ` Release ${document.info.version}. The address is `, element("code", {}, address), "."),
    element("h2", {}, "Who may call"),
    element("ul", {}, Object.values(document.components.securitySchemes).map((scheme) => element("li", {}, who(scheme)))),
    operations,
    element(
      "div",
      { class: "buttons" },
      element("button", { type: "button", onclick: () => download("openapi.json", "application/json", JSON.stringify(document, null, 2)) }, "Save openapi.json"),
    ),
  );
}

function section(document, path, verb, operation) {
  const name = `${verb.toUpperCase()} ${path}`;
  const bodies = Object.entries(operation.requestBody?.content ?? {});
  return [
    element("h2", {}, element("code", {}, name)),
    element("p", {}, operation.summary),
    bodies.map(([type, body]) => [element("h3", {}, `Body, ${type}`), members(`${name}, ${type}`, resolved(document, body.schema))]),
    element("h3", {}, "Answers"),
    table(
      `Answers of ${name}`,
      ["Status", "Meaning"],
      Object.entries(operation.responses).map(([status, answer]) => [status, answer.description]),
    ),
    answered(document, name, operation),
  ];
}

function answered(document, name, operation) {
  const schema = resolved(document, operation.responses["200"].content["application/json"].schema);
  return schema.properties ? [element("h3", {}, "Members of an answer"), members(`An answer of ${name}`, schema)] : [];
}

function members(caption, schema) {
  if (!schema.properties) return element("p", {}, schema.format === "binary" ? "The image's bytes as they are." : "A JSON object.");
  const rows = Object.entries(schema.properties).map(([name, rule]) => [
    element("code", {}, name),
    rule.type ?? "",
    allowed(rule),
    rule.description ?? "",
  ]);
  return table(caption, ["Member", "Type", "Allowed", "Meaning"], rows);
}

function allowed(rule) {
  if (rule.enum) return rule.enum.length > MANY ? `${rule.enum.slice(0, MANY).join(", ")} … ${rule.enum.length} in all` : rule.enum.join(", ");
  if (rule.minimum !== undefined && rule.maximum !== undefined) return `${rule.minimum} to ${rule.maximum}`;
  if (rule.maxLength) return `at most ${rule.maxLength} characters`;
  if (rule.type === "array" && rule.items?.properties) return `objects of ${Object.keys(rule.items.properties).join(", ")}`;
  return "";
}

function who(scheme) {
  if (scheme.type === "http") return `People: ${scheme.description}, as “Authorization: Bearer …”.`;
  return scheme.name === "x-api-key" ? "Partners: an API key, as x-api-key." : `Programs: ${scheme.description}.`;
}

function resolved(document, schema) {
  return schema.$ref ? schema.$ref.split("/").slice(1).reduce((place, key) => place[key], document) : schema;
}
