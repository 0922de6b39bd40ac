// Signs in at Cognito's hosted page: authorization code with PKCE. Tokens live in this tab alone, and end with it.

const PENDING = "sign-in";
const TOKENS = "tokens";
/** A token is renewed so long before it ends. */
const EARLY_MILLISECONDS = 60_000;

export class SignIn {
  /** config: config.json. */
  constructor(config) {
    this.config = config;
    this.tokens = JSON.parse(sessionStorage.getItem(TOKENS) ?? "null");
  }

  get isIn() {
    return this.tokens !== null;
  }

  /** Where the sign-in comes back to: this page, and no other address. */
  get redirect() {
    return `${location.origin}${location.pathname}`;
  }

  /** Goes to the sign-in. */
  async begin() {
    const [state, verifier] = [random(), random()];
    sessionStorage.setItem(PENDING, JSON.stringify({ state, verifier }));
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
    const asked = new URLSearchParams({
      response_type: "code",
      client_id: this.config.client_id,
      redirect_uri: this.redirect,
      scope: this.config.scopes.join(" "),
      state,
      code_challenge: text(new Uint8Array(digest)),
      code_challenge_method: "S256",
    });
    location.assign(`${this.config.sign_in}/oauth2/authorize?${asked}`);
  }

  /** Takes what the sign-in has sent back, and takes it out of the address. Throws an Error in words for people. */
  async finish() {
    const given = new URLSearchParams(location.search);
    if (!given.has("code") && !given.has("error")) return;
    history.replaceState(null, "", `${location.pathname}${location.hash}`);
    const pending = JSON.parse(sessionStorage.getItem(PENDING) ?? "null");
    sessionStorage.removeItem(PENDING);
    if (given.has("error")) {
      throw new Error(`The sign-in failed: ${given.get("error_description") ?? given.get("error")}`);
    }
    if (pending === null || pending.state !== given.get("state")) {
      throw new Error("The sign-in was not begun in this tab. Sign in again.");
    }
    await this.ask({
      grant_type: "authorization_code",
      code: given.get("code"),
      redirect_uri: this.redirect,
      code_verifier: pending.verifier,
    });
  }

  /** The access token, renewed where it is about to end; null if nobody is signed in any more. */
  async token() {
    if (this.tokens === null) return null;
    if (Date.now() < this.tokens.until - EARLY_MILLISECONDS) return this.tokens.access;
    try {
      await this.ask({ grant_type: "refresh_token", refresh_token: this.tokens.refresh });
    } catch {
      this.forget();
    }
    return this.tokens?.access ?? null;
  }

  /** Signs out here and at the sign-in. */
  end() {
    this.forget();
    const asked = new URLSearchParams({ client_id: this.config.client_id, logout_uri: this.redirect });
    location.assign(`${this.config.sign_in}/logout?${asked}`);
  }

  forget() {
    this.tokens = null;
    sessionStorage.removeItem(TOKENS);
  }

  async ask(parameters) {
    const answer = await fetch(`${this.config.sign_in}/oauth2/token`, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ client_id: this.config.client_id, ...parameters }),
    });
    const given = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(`The sign-in failed: ${given.error ?? answer.status}`);
    this.tokens = {
      access: given.access_token,
      // A renewal brings no new one.
      refresh: given.refresh_token ?? this.tokens?.refresh,
      until: Date.now() + given.expires_in * 1000,
    };
    sessionStorage.setItem(TOKENS, JSON.stringify(this.tokens));
  }
}

function random() {
  return text(crypto.getRandomValues(new Uint8Array(32)));
}

/** Bytes in base64 for addresses. */
function text(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
