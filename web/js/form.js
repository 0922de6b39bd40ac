// The form, made of the request's schema. It gives questions: the body of a request, and its content type.

import { byId, element, fill } from "./dom.js";

const JSON_TYPE = "application/json";

/** ``lug_boot`` → ``Lug boot``. */
export const title = (name) => (name[0].toUpperCase() + name.slice(1)).replaceAll("_", " ");

export class Form {
  /** asked: called with a question when the form is sent; changed: whenever a value is another one. */
  constructor(schema, asked, changed) {
    this.schema = schema;
    this.changed = changed;
    this.image = null;
    this.columns = new Map(schema.columns.map((column) => [column.name, column]));
    this.form = byId("form");
    this.button = element("button", { type: "submit", id: "send" }, "Ask");
    this.fault = element("p", { id: "fault", class: "fault", role: "alert" });
    fill(this.form, this.fields(), this.fault, element("div", {}, this.button));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      const question = this.question();
      if (question) asked(question);
    });
    this.form.addEventListener("input", () => changed());
  }

  get takesImages() {
    return this.schema.asks === "image";
  }

  /** What is to be asked; null if something is missing or wrong, which the form then says. */
  question() {
    const { fault, name, ...question } = this.read();
    this.say(fault ?? "", name);
    return fault ? null : question;
  }

  /** The same without a word; null if something is missing. */
  current() {
    const { fault, ...question } = this.read();
    return fault ? null : question;
  }

  read() {
    if (this.takesImages && this.image) return { body: this.image, type: this.image.type, shown: { image: this.image.name } };
    const request = {};
    for (const [name, rule] of Object.entries(this.schema.request.properties)) {
      const input = byId(`field-${name}`);
      const fault = this.faultOf(name, rule, input);
      if (fault) return { fault, name };
      request[name] = rule.type === "string" ? input.value : Number(input.value);
    }
    return { body: JSON.stringify(request), type: JSON_TYPE, shown: request };
  }

  /** Shows an example's values. */
  take(example) {
    this.say("");
    for (const [name, value] of Object.entries(example)) {
      if (name.includes("/")) this.takeImage(new File([bytes(value)], `example.${name.split("/")[1]}`, { type: name }));
      else byId(`field-${name}`).value = value;
    }
    this.changed();
  }

  /** Says what is wrong, and with which field. */
  say(message, name = "") {
    for (const input of this.form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
    this.fault.textContent = message;
    const input = byId(`field-${name}`);
    if (input) {
      input.setAttribute("aria-invalid", "true");
      input.focus();
    }
  }

  busy(isBusy) {
    this.button.disabled = isBusy;
    this.button.textContent = isBusy ? "Asking…" : "Ask";
  }

  faultOf(name, rule, input) {
    const label = title(name);
    if (input.value === "") return this.takesImages ? "Choose an image, or give its address." : `${label} is missing.`;
    if (rule.type === "string") return "";
    const value = Number(input.value);
    if (!Number.isFinite(value) || (rule.type === "integer" && !Number.isInteger(value))) {
      return `${label} must be a ${rule.type === "integer" ? "whole " : ""}number.`;
    }
    const inside = value >= rule.minimum && value <= rule.maximum;
    return inside ? "" : `${label} must be from ${rule.minimum} to ${rule.maximum}.`;
  }

  fields() {
    const made = Object.entries(this.schema.request.properties).map(([name, rule]) => this.field(name, rule));
    return element("div", { class: "fields" }, this.takesImages ? this.dropZone() : null, made);
  }

  field(name, rule) {
    const column = this.columns.get(name) ?? {};
    const unit = column.unit ? ` (${column.unit})` : "";
    const id = `field-${name}`;
    const said = column.description ?? (this.takesImages ? rule.description : "");
    const hint = [said === title(name) ? "" : said, bounds(rule)].filter(Boolean).join(". ");
    const wide = rule.type === "string" && !rule.enum;
    return element(
      "div",
      { class: wide ? "field wide" : "field" },
      element("label", { for: id }, `${title(name)}${unit}`),
      this.input(id, rule, column, hint),
      hint ? element("p", { class: "hint", id: `${id}-hint` }, hint) : null,
    );
  }

  input(id, rule, column, hint) {
    const shared = { id, name: id, "aria-describedby": hint ? `${id}-hint` : null };
    if (rule.enum) {
      const options = rule.enum.map((value) => {
        const meaning = column.meanings?.[value];
        return element("option", { value }, meaning ? `${meaning} (${value})` : value);
      });
      return element("select", shared, element("option", { value: "" }, "Choose…"), options);
    }
    if (rule.type !== "string") {
      const step = rule.type === "integer" ? "1" : "any";
      const mode = rule.minimum < 0 ? null : rule.type === "integer" ? "numeric" : "decimal";
      return element("input", { ...shared, type: "number", min: rule.minimum, max: rule.maximum, step, inputmode: mode });
    }
    if (this.takesImages) {
      return element("input", { ...shared, type: "url", maxlength: rule.maxLength, placeholder: "https://…", autocomplete: "off" });
    }
    return element("textarea", { ...shared, maxlength: rule.maxLength, rows: "10" });
  }

  /** An image by drag and drop, or by the file dialogue. */
  dropZone() {
    const types = this.schema.image_types;
    const most = this.schema.columns[0].largest_bytes;
    this.preview = element("img", { alt: "The chosen image", hidden: true });
    this.name = element("p", { class: "hint", id: "image-name" }, `${types.join(" or ")}, at most ${most} bytes`);
    const input = element("input", { type: "file", id: "image", accept: types.join(","), "aria-describedby": "image-name" });
    input.addEventListener("change", () => input.files[0] && this.takeImage(input.files[0]));
    const zone = element(
      "div",
      { class: "drop wide", id: "drop" },
      element("label", { for: "image" }, "Drop an image here, or choose one"),
      input,
      this.preview,
      this.name,
    );
    for (const kind of ["dragover", "dragleave", "drop"]) {
      zone.addEventListener(kind, (event) => {
        event.preventDefault();
        zone.classList.toggle("over", kind === "dragover");
        if (kind === "drop" && event.dataTransfer.files[0]) this.takeImage(event.dataTransfer.files[0]);
      });
    }
    return zone;
  }

  takeImage(file) {
    const { image_types: types, columns } = this.schema;
    this.image = null;
    this.preview.hidden = true;
    if (!types.includes(file.type)) return this.say(`${file.name} is no ${types.join(" or ")}.`);
    if (file.size > columns[0].largest_bytes) return this.say(`${file.name} is larger than ${columns[0].largest_bytes} bytes.`);
    this.say("");
    this.image = file;
    if (this.preview.src) URL.revokeObjectURL(this.preview.src);
    this.preview.src = URL.createObjectURL(file);
    this.preview.hidden = false;
    this.name.textContent = `${file.name}, ${file.size} bytes`;
    this.changed();
  }
}

function bounds(rule) {
  const number = (value) => value.toLocaleString("en");
  if (rule.minimum !== undefined) return `${number(rule.minimum)} to ${number(rule.maximum)}`;
  return rule.maxLength && !rule.pattern ? `At most ${number(rule.maxLength)} characters` : "";
}

function bytes(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}
