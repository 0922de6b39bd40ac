// The same question from code: what is copied works as it is.

import { byId, element, fill } from "./dom.js";

/** How much of a token is shown; all of it is copied. */
const SHOWN = 12;

/** As a word of a shell, whatever is in it. */
const shell = (text) => `'${text.replaceAll("'", "'\\''")}'`;
/** As a text of Python and of JavaScript: JSON is one of both. */
const quoted = (value) => JSON.stringify(value);

/** question: {body, type, shown}. Returns name → text of each language, with a place for the token. */
export function snippets({ people, programs, token, question }) {
  const isImage = typeof question.body !== "string";
  const file = isImage ? question.body.name : null;
  const found = new Map([
    ["curl", curl(people, question, file, [`-H ${shell(`Authorization: Bearer ${token}`)}`])],
    ["Python", python(people, question, file, token)],
    ["JavaScript", javascript(people, question, file, token)],
  ]);
  if (programs) {
    const region = /execute-api\.([a-z0-9-]+)\./.exec(programs)?.[1];
    const credentials = [
      `--aws-sigv4 "aws:amz:${region ?? "$AWS_REGION"}:execute-api"`,
      '--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"',
      '-H "x-amz-security-token: $AWS_SESSION_TOKEN"',
    ];
    found.set("curl, as a program", curl(programs, question, file, credentials));
    found.set("Python, as a program", signedPython(programs, question, file, region));
  }
  return found;
}

export function showCode(given) {
  const cut = given.token.length > SHOWN ? `${given.token.slice(0, SHOWN)}…` : given.token;
  const whole = snippets(given);
  const said = element("p", { class: "hint", role: "status" });
  const parts = [...snippets({ ...given, token: cut })].map(([name, text], place) => [
    element("h2", { id: `code-${place}` }, name),
    element("pre", { tabindex: "0", "aria-labelledby": `code-${place}` }, element("code", {}, text)),
    element(
      "button",
      { type: "button", class: "plain", "aria-label": `Copy ${name}`, onclick: () => copy(whole.get(name), name, said) },
      "Copy",
    ),
  ]);
  fill(
    byId("code-body"),
    element("p", {}, "What the form asks now. Your token is copied with it, and is good for an hour at the most: keep it to yourself."),
    said,
    parts,
  );
}

async function copy(text, name, said) {
  try {
    await navigator.clipboard.writeText(text);
    said.textContent = `${name} is copied.`;
  } catch {
    said.textContent = "The browser does not let the page copy: select the text instead.";
  }
}

function curl(address, { body, type }, file, who) {
  const data = file ? `--data-binary ${shell(`@${file}`)}` : `--data-raw ${shell(body)}`;
  return [`curl ${shell(`${address}/predictions`)}`, ...who, `-H ${shell(`Content-Type: ${type}`)}`, data].join(" \\\n  ");
}

function python(address, { body, type }, file, token) {
  return `import json
import urllib.request

request = urllib.request.Request(
    ${quoted(`${address}/predictions`)},
    data=${pythonData(body, file)},
    headers={"Authorization": ${quoted(`Bearer ${token}`)}, "Content-Type": ${quoted(type)}},
)
with urllib.request.urlopen(request) as answer:
    print(json.load(answer))`;
}

function signedPython(address, { body, type }, file, region) {
  return `import json
import urllib.request

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

session = boto3.Session()
request = AWSRequest(
    "POST",
    ${quoted(`${address}/predictions`)},
    data=${pythonData(body, file)},
    headers={"Content-Type": ${quoted(type)}},
)
SigV4Auth(session.get_credentials(), "execute-api", ${region ? quoted(region) : "session.region_name"}).add_auth(request)
signed = urllib.request.Request(request.url, data=request.data, headers=dict(request.headers))
with urllib.request.urlopen(signed) as answer:
    print(json.load(answer))`;
}

function pythonData(body, file) {
  return file ? `open(${quoted(file)}, "rb").read()` : `json.dumps(${body}).encode()`;
}

function javascript(address, { body, type }, file, token) {
  const data = file ? `await (await import("node:fs/promises")).readFile(${quoted(file)})` : `JSON.stringify(${body})`;
  return `const answer = await fetch(${quoted(`${address}/predictions`)}, {
  method: "POST",
  headers: { "Authorization": ${quoted(`Bearer ${token}`)}, "Content-Type": ${quoted(type)} },
  body: ${data},
});
console.log(JSON.stringify(await answer.json()));`;
}
