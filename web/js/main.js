// Puts the page together: who is signed in, what may be asked, and which view is seen.

import { summary, showAnswer } from "./answer.js";
import { Api } from "./api.js";
import { showCode } from "./code.js";
import { byId, element, fill, show } from "./dom.js";
import { Form, title } from "./form.js";
import { History } from "./history.js";
import { showReference } from "./reference.js";
import { SignIn } from "./sign_in.js";

const VIEWS = ["ask", "history", "code", "reference"];

class Page {
  constructor(config) {
    this.config = config;
    this.signIn = new SignIn(config);
    this.api = new Api(config, this.signIn);
    this.latest = 0;
  }

  async open() {
    document.title = `${title(this.config.workload)}: ask the model`;
    byId("workload").textContent = title(this.config.workload);
    byId("sign-in-button").addEventListener("click", () => this.signIn.begin());
    byId("sign-out").addEventListener("click", () => this.leave());
    let failed = "";
    try {
      await this.signIn.finish();
    } catch (error) {
      failed = error.message;
    }
    if (this.signIn.isIn) await this.enter();
    else this.welcome(failed);
  }

  /** Nobody is signed in. */
  welcome(problem = "") {
    for (const id of ["loading", "views", "sign-out", ...VIEWS]) show(id, false);
    show("sign-in");
    tell(problem);
  }

  /** Somebody is: what may be asked is asked for, and the form made of it. */
  async enter() {
    try {
      this.schema = await this.api.schema();
    } catch (error) {
      this.refused(error);
      return;
    }
    for (const id of ["loading", "sign-in"]) show(id, false);
    for (const id of ["views", "sign-out"]) show(id);
    byId("release").textContent = `release ${this.schema.release}`;
    byId("about").textContent = `The model has learned from: ${this.schema.dataset}.`;
    byId("licence").textContent = `Data: ${this.schema.licence}`;
    this.history = new History();
    this.form = new Form(this.schema, (question) => this.ask(question), () => this.drawCode());
    this.offerExamples();
    window.addEventListener("hashchange", () => this.turn());
    this.turn();
  }

  offerExamples() {
    const buttons = this.schema.examples.map((example, place) =>
      element("button", { type: "button", class: "plain", onclick: () => this.form.take(example) }, `Example ${place + 1}`),
    );
    fill(byId("examples"), buttons);
  }

  async ask(question) {
    const number = ++this.latest;
    this.form.busy(true);
    byId("answer").setAttribute("aria-busy", "true");
    try {
      const found = await this.api.predict(question);
      // A slow answer to an earlier question does not take the place of a later one.
      if (number === this.latest) showAnswer(byId("answer-body"), this.schema, found);
      this.history.add({
        time: new Date().toISOString(),
        asked: question.shown,
        answer: summary(this.schema, found.answer),
        milliseconds: found.milliseconds,
        release: found.answer.release,
        request: found.answer.request_id,
      });
    } catch (error) {
      this.refused(error);
    } finally {
      this.form.busy(false);
      byId("answer").removeAttribute("aria-busy");
    }
  }

  /** Says it beside the field that is at fault; whoever is not signed in any more is asked to sign in. */
  refused(error) {
    if (error.status === 401) {
      this.signIn.forget();
      this.welcome(error.message);
    } else if (this.form) this.form.say(error.message, error.document?.field ?? "");
    else {
      show("loading", false);
      tell(error.message);
    }
  }

  /** Shows the view that the address names. */
  turn() {
    const named = location.hash.slice(1);
    const view = VIEWS.includes(named) ? named : "ask";
    for (const each of VIEWS) show(each, each === view);
    for (const link of document.querySelectorAll("#views a")) {
      if (link.hash === `#${view}`) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    if (named === view) byId("main").focus();
    if (view === "reference") this.drawReference();
    this.drawCode();
  }

  async drawCode() {
    if (byId("code").hidden) return;
    const token = await this.signIn.token();
    if (token === null) return this.welcome("You are not signed in any more. Sign in again.");
    showCode({
      people: this.api.address,
      programs: this.config.programs?.replace(/\/$/, "") ?? null,
      token,
      question: this.form.current() ?? exampleQuestion(this.schema),
    });
  }

  async drawReference() {
    try {
      showReference(await this.api.openapi(), this.api.address);
    } catch (error) {
      fill(byId("reference-body"), element("p", { class: "fault" }, error.message));
    }
  }

  leave() {
    sessionStorage.clear();
    this.signIn.end();
  }
}

/** What is shown as code as long as the form is not filled in. */
function exampleQuestion(schema) {
  if (schema.asks === "image") return { body: { name: "image.png" }, type: schema.image_types[0] };
  return { body: JSON.stringify(schema.examples[0] ?? {}), type: "application/json" };
}

function tell(problem) {
  byId("problem").textContent = problem;
  show("problem", problem !== "");
}

try {
  const answer = await fetch("config.json");
  if (!answer.ok) throw new Error(`${answer.status}`);
  await new Page(await answer.json()).open();
} catch (error) {
  show("loading", false);
  tell(`The page could not be opened: ${error.message}`);
}
