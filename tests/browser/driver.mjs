// Drives a browser for the tests: a line of JSON in, a line out. Nothing of the machine's own is used but Node.
//
// The browser is the one inside @sparticuz/chromium. It is unpacked once, beside the package that it comes from, with
// the libraries that a bare machine lacks.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const unpacked = join(here, "node_modules", ".chromium");
process.env.TMPDIR = unpacked;

mkdirSync(unpacked, { recursive: true });
const { default: chromium } = await import("@sparticuz/chromium");
const { inflate } = await import("./node_modules/@sparticuz/chromium/build/lambdafs.js");
const { chromium: playwright } = await import("playwright-core");
const axe = readFileSync(join(here, "node_modules", "axe-core", "axe.min.js"), "utf8");

const TIMEOUT_MILLISECONDS = 30_000;

const executablePath = await chromium.executablePath();
await inflate(join(here, "node_modules", "@sparticuz", "chromium", "bin", "al2023.tar.br"));
const fonts = join(unpacked, "fonts.conf");
writeFileSync(
  fonts,
  `<?xml version="1.0"?><fontconfig><dir>${join(unpacked, "fonts")}</dir><cachedir>${join(unpacked, "cache")}</cachedir></fontconfig>`,
);
const browser = await playwright.launch({
  executablePath,
  // A browser that root starts has no sandbox. It sees pages of these tests alone.
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  env: {
    ...process.env,
    LD_LIBRARY_PATH: join(unpacked, "al2023", "lib"),
    FONTCONFIG_FILE: fonts,
    HOME: unpacked,
  },
});

let context, page, seen;

const actions = {
  /** A new visit: nothing is left of the one before. */
  async visit({ url, width = 1200, height = 900, dark = false, touch = false }) {
    await context?.close();
    context = await browser.newContext({
      viewport: { width, height },
      colorScheme: dark ? "dark" : "light",
      hasTouch: touch,
      reducedMotion: "reduce",
      acceptDownloads: true,
      permissions: [],
    });
    seen = { requests: [], errors: [], violations: [] };
    // Tells of violations even of the page's first lines.
    await context.exposeFunction("tellOfViolation", (text) => seen.violations.push(text));
    await context.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) =>
        window.tellOfViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`),
      );
    });
    page = await context.newPage();
    page.setDefaultTimeout(TIMEOUT_MILLISECONDS);
    context.on("request", (request) => seen.requests.push(request.url()));
    page.on("pageerror", (error) => seen.errors.push(String(error)));
    page.on("console", (message) => message.type() === "error" && seen.errors.push(message.text()));
    await page.goto(url);
  },
  goto: ({ url }) => page.goto(url).then(() => null),
  reload: () => page.reload().then(() => null),
  address: () => page.url(),
  click: ({ at }) => page.click(at),
  fill: ({ at, value }) => page.fill(at, value),
  choose: ({ at, value }) => page.selectOption(at, value).then(() => null),
  upload: ({ at, name, type, base64 }) =>
    page.setInputFiles(at, { name, mimeType: type, buffer: Buffer.from(base64, "base64") }),
  press: ({ key }) => page.keyboard.press(key),
  type: ({ text }) => page.keyboard.type(text),
  text: ({ at }) => page.innerText(at),
  texts: ({ at }) => page.locator(at).allInnerTexts(),
  value: ({ at }) => page.inputValue(at),
  wait: ({ at, state = "visible" }) => page.waitForSelector(at, { state }).then(() => null),
  waitForText: ({ at, text }) => page.locator(at, { hasText: text }).first().waitFor(),
  evaluate: ({ script }) => page.evaluate(script),
  screenshot: ({ path }) => page.screenshot({ path, fullPage: true }).then(() => null),
  /** What was told before this moment: violations come as tasks of the page. */
  async seen() {
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
    return seen;
  },
  async download({ at }) {
    const [found] = await Promise.all([page.waitForEvent("download"), page.click(at)]);
    return { name: found.suggestedFilename(), text: readFileSync(await found.path(), "utf8") };
  },
  /** What axe-core finds wrong. It is injected by the debugger, which the page's policy does not hold for. */
  async axe() {
    await page.evaluate(axe);
    const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    return found.violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map((node) => node.html) }));
  },
};

process.stdout.write(`${JSON.stringify({ result: browser.version() })}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  const { action, ...given } = JSON.parse(line);
  let answer;
  try {
    answer = { result: (await actions[action](given)) ?? null };
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await browser.close();
