// What was asked in this visit. It stays in this tab, and ends with it.

import { byId, download, element, fill, table } from "./dom.js";

const KEY = "history";
const MOST = 500;
const HEADS = ["Time", "Asked", "Answer", "Milliseconds", "Release", "Request"];

export class History {
  constructor(again) {
    this.again = again;
    this.entries = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
    this.draw();
  }

  /** entry: time, asked, answer, milliseconds, release, request. */
  add(entry) {
    this.entries = [entry, ...this.entries].slice(0, MOST);
    this.keep();
  }

  keep() {
    sessionStorage.setItem(KEY, JSON.stringify(this.entries));
    this.draw();
  }

  draw() {
    if (!this.entries.length) {
      fill(byId("history-body"), element("p", { class: "quiet" }, "Nothing was asked yet."));
      return;
    }
    const rows = this.entries.map((entry) => cells(entry).map((cell, place) => (place === 0 ? new Date(cell).toLocaleTimeString() : cell)));
    fill(
      byId("history-body"),
      element(
        "div",
        { class: "buttons" },
        element("button", { type: "button", id: "export", onclick: () => this.export() }, "Save as CSV"),
        element("button", { type: "button", id: "clear", class: "plain", onclick: () => this.clear() }, "Clear"),
      ),
      table("What was asked", HEADS, rows),
    );
  }

  export() {
    download("history.csv", "text/csv", csv([HEADS, ...this.entries.map(cells)]));
  }

  clear() {
    this.entries = [];
    this.keep();
  }
}

function cells(entry) {
  const asked = Object.values(entry.asked).join(", ");
  return [entry.time, asked, entry.answer, Math.round(entry.milliseconds), entry.release, entry.request];
}

/** As RFC 4180. A text that a spreadsheet would compute begins with an apostrophe instead; numbers stay numbers. */
export function csv(rows) {
  const cell = (value) => {
    let text = String(value);
    if (/^[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text)) text = `'${text}`;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return rows.map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}
