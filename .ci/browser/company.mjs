// A company on loopback, as `holdfast demo` opens it, and a browser to look at it with.
import { spawn, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import { request } from "node:https";
import { chromium } from "playwright-core";

const callWait = 20_000;
const openWait = 90_000; // for six processes and their catalogue

// open starts the company of $HOLDFAST_BINARY and gives it once its addresses are printed.
export async function open() {
  const binary = process.env.HOLDFAST_BINARY;
  if (!binary) throw new Error("HOLDFAST_BINARY must name the program to look at");
  const dir = mkdtempSync(join(tmpdir(), "holdfast-browser-"));
  const child = spawn(binary, ["demo", "--dir", dir], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((done) => child.once("exit", done));
  const places = {};
  const lines = createInterface({ input: child.stdout });
  const ready = new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new Error("the company did not open in time")), openWait);
    ended.then((code) => { clearTimeout(timer); fail(new Error(`the demo ended with ${code}`)); });
    lines.on("line", (line) => {
      const m = line.match(/^\s*(head office|leeds|york|hull)\s+(http\S+?)\/\s+sign in with (\S+)/);
      if (!m) return;
      places[m[1]] = { url: m[2], token: readFileSync(m[3], "utf8").trim(), dir: join(m[3], "..") };
      if (Object.keys(places).length === 4) { clearTimeout(timer); done(); }
    });
  });
  const close = async () => {
    child.kill("SIGINT");
    await ended;
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await ready;
  } catch (e) {
    await close();
    throw e;
  }
  return { ...places, close };
}

// call speaks to the API as any other program would, which believes the company's own authority alone.
export async function call(place, method, path, body) {
  const text = body && JSON.stringify(body);
  const [status, answer] = await new Promise((done, fail) => {
    const req = request(place.url + path, {
      method, ca: readFileSync(join(place.dir, "ca.pem")), timeout: callWait,
      headers: { Authorization: `Bearer ${place.token}`, "Content-Type": "application/json", "Idempotency-Key": randomUUID() },
    }, (r) => {
      const parts = [];
      r.on("data", (part) => parts.push(part));
      r.on("end", () => done([r.statusCode, Buffer.concat(parts).toString()]));
      r.on("error", fail);
    });
    req.on("timeout", () => req.destroy(new Error(`no answer within ${callWait} ms`)));
    req.on("error", fail);
    req.end(text);
  });
  if (status < 200 || status > 299) throw new Error(`${method} ${path}: ${status} ${answer}`);
  return JSON.parse(answer);
}

// visitor opens a browser whose owner has told it to go on to pages of an authority that only the company knows.
export function visitor(browser) {
  return browser.newContext({ ignoreHTTPSErrors: true });
}

// halt stops the process of a place without ending it, as a machine that hangs; it gives what
// lets it go on.
export function halt(place) {
  const pid = readdirSync("/proc").find((p) => {
    if (!/^\d+$/.test(p)) return false;
    try {
      const argv = readFileSync(`/proc/${p}/cmdline`, "utf8").split("\0");
      return argv.includes("node") && argv.includes(place.dir);
    } catch { return false; } // it has ended meanwhile
  });
  if (!pid) throw new Error(`no node runs in ${place.dir}`);
  process.kill(Number(pid), "SIGSTOP");
  return () => process.kill(Number(pid), "SIGCONT");
}

export function browse() {
  const executablePath = process.env.CHROMIUM || execFileSync("sh", ["-c", "command -v chromium || command -v chromium-browser"], { encoding: "utf8" }).trim();
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"] });
}

export async function signIn(page, place, token = place.token) {
  await page.goto(place.url + "/");
  await page.getByLabel(/token/i).fill(token);
  await page.getByLabel(/token/i).press("Enter"); // head office has a form for people, too
}
