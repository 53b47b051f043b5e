// A real browser, and the programs whose pages it opens.
import { execFile, spawn } from "node:child_process";
import { access, constants, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { chromium } from "playwright-core";

export const run = promisify(execFile);
export const repository = fileURLToPath(new URL("../..", import.meta.url));

// find returns the first of some programs that is on PATH.
async function find(...names) {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? "").split(path.delimiter)) {
      const file = path.join(folder, name);
      try {
        await access(file, constants.X_OK);
        return file;
      } catch {}
    }
  }
  throw new Error(`no browser: set CHROMIUM, or install one of ${names.join(", ")}`);
}

export async function launch() {
  const executablePath = process.env.CHROMIUM || (await find("chromium", "chromium-browser", "google-chrome"));
  // As root it cannot make a sandbox of its own.
  return chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
}

// temporary makes a folder. The caller removes it.
export const temporary = () => mkdtemp(path.join(tmpdir(), "browser-"));

// shoot keeps a picture of the page, for people to look at, if SHOTS says where.
export async function shoot(page, name) {
  if (process.env.SHOTS) await page.screenshot({ path: path.join(process.env.SHOTS, name + ".png"), fullPage: !name.includes("projector") });
}

// build compiles a program of this repository into a folder.
export async function build(folder, name) {
  const file = path.join(folder, path.basename(name));
  await run("go", ["build", "-o", file, `./${name}`], { cwd: repository });
  return file;
}

// start runs a show. Its page is at url; next() takes it on, stop() ends it and waits.
export async function start(t, program, ...args) {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  const gone = new Promise((resolve) => child.once("exit", resolve));
  const stop = () => (child.stdin.end(), gone);
  t.after(() => (child.kill(), gone));
  const lines = createInterface({ input: child.stdout });
  const url = await Promise.race([
    new Promise((resolve) => lines.once("line", resolve)),
    gone.then((code) => Promise.reject(new Error(`${program} ended with ${code} before it said where`))),
  ]);
  return { url, next: () => child.stdin.write("\n"), stop, kill: () => (child.kill("SIGKILL"), gone) };
}

// THEMES and SIZES are the ways in which every page is looked at.
export const THEMES = ["light", "dark"];
export const SIZES = { desk: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };

// open opens a page of the browser that counts everything which is not as it should be:
// errors, warnings of the policy, and requests to others than the origin it came from.
export async function open(t, browser, url, { theme = "light", size = "desk", ...options } = {}) {
  const context = await browser.newContext({ colorScheme: theme, viewport: SIZES[size], acceptDownloads: true, ...options });
  t.after(() => context.close());
  const page = await context.newPage();
  const wrong = [], requests = [];
  page.on("console", (m) => ["error", "warning"].includes(m.type()) && wrong.push(`${m.type()}: ${m.text()}`));
  page.on("pageerror", (e) => wrong.push(String(e)));
  page.on("dialog", (d) => (wrong.push(`dialog: ${d.message()}`), d.dismiss()));
  page.on("request", (r) => requests.push(r.url()));
  await page.goto(url, { waitUntil: "load" });
  return { page, wrong, requests, context };
}

// sideways is by how many pixels a page is wider than its window.
export const sideways = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
