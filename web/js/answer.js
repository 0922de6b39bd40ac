// Shows an answer: the label with its probabilities, topics with their words, or titles with their scores.

import { element, fill } from "./dom.js";

/** So many bars are seen at once; the others are a click away. */
const SHOWN = 8;

/** In a few words, for the history. */
export function summary(schema, answer) {
  if (answer.topics) return answer.topics.slice(0, 1).map((topic) => name(topic)).join("");
  if (answer.titles) return answer.titles.map((entry) => entry.title).join(" · ");
  return meaning(schema, answer.label);
}

export function showAnswer(parent, schema, { answer, milliseconds }) {
  const facts = `Release ${answer.release} answered in ${Math.round(milliseconds)} ms. Request ${answer.request_id}.`;
  fill(parent, body(schema, answer), element("p", { class: "facts" }, facts));
  for (const bar of parent.querySelectorAll("[data-share]")) bar.style.width = `${100 * bar.dataset.share}%`;
}

function body(schema, answer) {
  if (answer.topics) {
    return bars(answer.topics.map((topic) => ({ text: name(topic), share: topic.weight })), "Topics, the heaviest first");
  }
  if (answer.titles) return ranking(answer.titles);
  const label = element("p", { class: "label" }, meaning(schema, answer.label));
  if (!answer.probabilities) return label;
  const shares = Object.entries(answer.probabilities).sort((one, other) => other[1] - one[1]);
  const entries = shares.map(([key, share]) => ({ text: meaning(schema, key), share }));
  return [label, decided(schema), bars(entries, "Probabilities")];
}

/** Why a label is answered that is not the likelier one. */
function decided(schema) {
  if (schema.threshold === null) return null;
  const percent = (100 * schema.threshold).toFixed(1);
  return element("p", { class: "hint" }, `From ${percent} % on, the answer is “${meaning(schema, schema.event)}”.`);
}

function ranking(titles) {
  const scores = titles.map((entry) => entry.score);
  const most = Math.max(...scores, 0);
  const entries = titles.map((entry) => ({ text: entry.title, share: most ? entry.score / most : 0, said: entry.score.toFixed(3) }));
  return bars(entries, "The best first", "ol");
}

function bars(entries, caption, kind = "ul") {
  const list = (some) => element(kind, { class: "bars", "aria-label": caption }, some.map(bar));
  const [first, others] = [entries.slice(0, SHOWN), entries.slice(SHOWN)];
  if (!others.length || kind === "ol") return list(entries);
  return [list(first), element("details", {}, element("summary", {}, `${others.length} more`), list(others))];
}

function bar({ text, share, said }) {
  const percent = said ?? `${(100 * share).toFixed(1)} %`;
  return element(
    "li",
    {},
    element("div", { class: "name" }, element("span", {}, text), element("span", {}, percent)),
    element("div", { class: "track", "aria-hidden": "true" }, element("div", { "data-share": Math.min(1, Math.max(0, share)) })),
  );
}

function name(topic) {
  return topic.words.length ? topic.words.slice(0, 8).join(", ") : `Topic ${topic.topic}`;
}

function meaning(schema, label) {
  return schema.labels.find((entry) => entry.label === label)?.meaning ?? label;
}
