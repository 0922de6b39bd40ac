// Calls the API for the person who has signed in.

/** What the API refused. document: its answer, with message, and perhaps field and allowed. */
export class RefusedError extends Error {
  constructor(status, document) {
    super(words(status, document.message));
    this.status = status;
    this.document = document;
  }
}

export class Api {
  constructor(config, signIn) {
    this.address = config.api.replace(/\/$/, "");
    this.signIn = signIn;
  }

  schema() {
    return this.call("schema");
  }

  openapi() {
    return this.call("openapi.json");
  }

  /** The answer, and how many milliseconds it took. question: {body, type}. */
  async predict({ body, type }) {
    const began = performance.now();
    const answer = await this.call("predictions", { method: "POST", headers: { "content-type": type }, body });
    return { answer, milliseconds: performance.now() - began };
  }

  async call(path, options = {}) {
    const token = await this.signIn.token();
    if (token === null) throw new RefusedError(401, {});
    let answer;
    try {
      answer = await fetch(`${this.address}/${path}`, {
        ...options,
        headers: { ...options.headers, authorization: `Bearer ${token}` },
      });
    } catch {
      throw new RefusedError(0, {});
    }
    const document = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new RefusedError(answer.status, document);
    return document;
  }
}

function words(status, message) {
  if (status === 0) return "The API could not be reached. Check the network, and try again.";
  if (status === 401) return "You are not signed in any more. Sign in again.";
  if (status === 413) return "That is too large.";
  if (status === 429) return "There are too many requests at the moment. Try again in a moment.";
  return message ?? `The API answered ${status}.`;
}
