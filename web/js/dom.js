// Elements, made of text alone: nothing that a server or a person has written is ever read as HTML.

/** An element with attributes and children. A child that is no element becomes text; null and false are left out. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, String(value));
  }
  made.append(...those(children));
  return made;
}

function those(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== false && child !== undefined);
}

export const byId = (id) => document.getElementById(id);

/** Puts these children in the place of those that an element has. */
export function fill(parent, ...children) {
  parent.replaceChildren(...those(children));
}

export function show(id, shown = true) {
  byId(id).hidden = !shown;
}

/** A table in a box that scrolls by itself, reachable by keyboard. */
export function table(caption, heads, rows) {
  return element(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    element(
      "table",
      {},
      element("thead", {}, element("tr", {}, heads.map((head) => element("th", { scope: "col" }, head)))),
      element("tbody", {}, rows.map((row) => element("tr", {}, row.map((cell) => element("td", {}, cell))))),
    ),
  );
}

/** Hands a text to the browser as a file to keep. */
export function download(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = element("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  URL.revokeObjectURL(address);
}
