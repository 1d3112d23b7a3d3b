// What a shopkeeper and a head office see, in a real browser: every rule by name.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { browse, call, halt, open, signIn, visitor } from "./company.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const wait = 30_000; // for what must happen; the figures themselves come every few seconds

let company, browser;
before(async () => { [company, browser] = await Promise.all([open(), browse()]); }, { timeout: 120_000 });
after(async () => { await browser?.close(); await company?.close(); });

// view opens a page that fails the test on any error of its script.
async function view(t, place) {
  const context = await visitor(browser);
  const page = await context.newPage();
  const wrong = [];
  page.on("pageerror", (e) => wrong.push(String(e)));
  page.on("console", (m) => { if (m.type() === "error" && !/Failed to load resource/.test(m.text())) wrong.push(m.text()); });
  t.after(async () => { await context.close(); assert.deepEqual(wrong, [], "errors in the page"); });
  page.setDefaultTimeout(wait);
  await signIn(page, place);
  return page;
}

async function accessible(page) {
  await page.evaluate(axe); // as the debugger does: the page's own policy allows no script of others
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(" ")}`), []);
}

const someItem = async (place) => (await call(place, "GET", "/v1/items?limit=1")).items[0];

test("a wrong token is told so and lets nobody in", async (t) => {
  const page = await (await visitor(browser)).newPage();
  t.after(() => page.context().close());
  await signIn(page, company.leeds, "hf_wrong");
  await page.getByRole("alert").waitFor({ timeout: wait });
  assert.match(await page.getByRole("alert").textContent(), /not this site's token/);
});

test("a token that has ended says so to whoever shows it, and to nobody else", async (t) => {
  const office = company["head office"];
  for (const place of [office, company.leeds]) {
    const id = `handheld-${place === office ? "office" : "leeds"}`;
    const { token } = await call(office, "PUT", `/v1/users/${id}`, { kind: "device", new_token: true, reason: "for the browser" });
    assert.match(token, new RegExp(`^hf_${id}\\.`));
    const page = await (await visitor(browser)).newPage();
    t.after(() => page.context().close());
    page.setDefaultTimeout(wait);
    const shown = async (what) => { // as often as it takes for the site to hear of it
      const until = Date.now() + wait;
      for (;;) {
        await page.context().clearCookies();
        await signIn(page, place, what);
        await page.waitForLoadState();
        const alert = page.getByRole("alert");
        const told = await alert.count() ? await alert.textContent() : "";
        if (/turned away|ended|no more/.test(told) || what !== token || Date.now() > until) return told;
        await new Promise((done) => setTimeout(done, 500));
      }
    };
    await call(office, "PUT", `/v1/users/${id}`, { disabled: "lost", reason: "it was left on a bus" });
    assert.match(await shown(token), new RegExp(`${id}.*turned away`), `at ${place.url}`);
    await accessible(page);
    const guessed = await shown(`hf_${id}.${"x".repeat(32)}`);
    assert.ok(guessed && !/turned away/.test(guessed), `a guess at ${place.url} was told: ${guessed}`);
  }
});

test("a node shows its line, finds stock by SKU, and a new order without a reload", async (t) => {
  const page = await view(t, company.leeds);
  await page.locator("#pill[data-state=good]").waitFor();
  const item = await someItem(company.leeds);
  await call(company.leeds, "POST", "/v1/receipts", { reference: "browser", lines: [{ sku: item.sku, qty: 7 }] });
  await page.getByRole("searchbox").fill(item.sku);
  const row = page.locator("#stock-rows tr", { hasText: item.sku }).first();
  await row.waitFor();
  const available = async () => Number((await row.locator("td").nth(5).textContent()).replaceAll(",", ""));
  const had = await available();
  assert.ok(had >= 7, `got ${had} available, want what was received`);

  const order = await call(company.leeds, "POST", "/v1/orders", { lines: [{ sku: item.sku, qty: 2 }] });
  await page.locator("#orders-rows tr", { hasText: order.number }).waitFor();
  await page.waitForFunction((want) => {
    const cell = document.querySelector("#stock-rows tr td:nth-child(6)");
    return cell && Number(cell.textContent.replaceAll(",", "")) === want;
  }, had - 2);
  await accessible(page);
});

test("a search that finds nothing says so", async (t) => {
  const page = await view(t, company.york);
  await page.getByRole("searchbox").fill("no such thing at all");
  await page.getByText("Nothing found").waitFor();
});

test("head office's board shows the sites, an order across sites and why it is served there", async (t) => {
  const page = await view(t, company["head office"]);
  for (const site of ["leeds", "york", "hull"]) {
    await page.locator("#sites li.is-good", { hasText: site }).waitFor();
  }
  const item = await someItem(company.hull);
  await call(company.hull, "POST", "/v1/receipts", { reference: "browser", lines: [{ sku: item.sku, qty: 5 }] });
  const order = await call(company["head office"], "POST", "/v1/orders",
    { lines: [{ sku: item.sku, qty: 1 }], ship_to: { country: "GB", postcode: "LS1 1AA" } });
  const row = page.locator("#orders tr", { hasText: order.number });
  await row.waitFor();
  await row.locator("summary").click();
  await row.getByText(/Line 1: 1 from/).waitFor();
  await accessible(page);
});

test("who has signed in by a password gets a token for calls, once, and goes back to the board", async (t) => {
  const place = company["head office"];
  const password = "a kettle of cold tea";
  await call(place, "PUT", "/v1/users/ingrid", { name: "Ingrid", roles: ["office"], password, reason: "she works here" });
  const context = await visitor(browser);
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(wait);
  await page.goto(place.url + "/");
  await page.getByLabel("Name").fill("ingrid");
  await page.getByLabel("Password").fill(password);
  await page.getByLabel("Password").press("Enter");
  await page.locator("#sites li.is-good").first().waitFor();
  await page.getByRole("button", { name: "Token for calls" }).click();
  await page.getByText("is done by ingrid").waitFor();
  const token = await page.getByLabel("Token").inputValue();
  assert.match(token, /^hfp_ingrid\./);
  await accessible(page);
  const me = await call({ ...place, token }, "GET", "/v1/me");
  assert.equal(me.user, "ingrid", "what is done with the token is done by whoever signed in");
  assert.ok(!page.url().includes(token), "the token stands in an address");
  await page.getByRole("link", { name: "Back to the board" }).click();
  await page.locator("#sites li.is-good").first().waitFor();

  // With the owner's token nobody in particular is signed in, so there is nobody to call as.
  const owner = await view(t, place);
  await owner.locator("#sites li.is-good").first().waitFor();
  await owner.getByRole("button", { name: "Token for calls" }).click();
  await owner.getByLabel("Password").waitFor();
  assert.equal(await owner.getByLabel("Token", { exact: true }).count(), 0, "a token was given to nobody");
});

test("a page of another origin does nothing with a sign-in that the browser has", async (t) => {
  for (const place of [company.leeds, company["head office"]]) {
    const page = await view(t, place);
    await page.locator(place === company.leeds ? "#pill[data-state=good]" : "#sites li.is-good").first().waitFor();
    const item = await someItem(place);
    const orders = async () => (await call(place, "GET", "/v1/orders?limit=1000")).orders.length;
    const had = await orders();
    const hostile = createServer((_, res) => res.setHeader("Content-Type", "text/html").end("<title>a prize for you</title><iframe name=sink></iframe>"));
    await new Promise((done) => hostile.listen(0, "127.0.0.1", done));
    t.after(() => hostile.close());
    const evil = await page.context().newPage(); // has the cookies that the first one has
    await evil.goto(`http://127.0.0.1:${hostile.address().port}/`);
    const told = await evil.evaluate(async ({ to, sku }) => {
      const tries = {};
      const attempt = async (what, path, init) => {
        try {
          const r = await fetch(to + path, { credentials: "include", ...init });
          tries[what] = r.type === "opaque" ? "opaque" : `read ${r.status}`;
        } catch { tries[what] = "blocked"; }
      };
      const body = JSON.stringify({ lines: [{ sku, qty: 1 }] });
      await attempt("an order in plain text", "/v1/orders", { method: "POST", mode: "no-cors", headers: { "Content-Type": "text/plain" }, body });
      await attempt("an order with a key", "/v1/orders", { method: "POST", headers: { "Content-Type": "application/json", "Idempotency-Key": "evil" }, body });
      await attempt("stock", `/v1/stock/${sku}`, {});
      for (const path of ["/sign-out", "/v1/orders"]) { // as a form does, which asks nobody
        const form = document.createElement("form");
        Object.assign(form, { method: "POST", action: to + path, enctype: "text/plain", target: "sink" });
        form.append(Object.assign(document.createElement("input"), { name: body, value: "" }));
        document.body.append(form);
        form.submit();
        await new Promise((done) => setTimeout(done, 300));
      }
      return tries;
    }, { to: place.url, sku: item.sku });
    assert.deepEqual(told, { "an order in plain text": "blocked", "an order with a key": "blocked", stock: "blocked" }, "the other page reads what it was answered");
    assert.equal(await orders(), had, "an order was placed from another page");
    await page.reload();
    assert.equal(await page.getByLabel(/token/i).count(), 0, "another page has signed the browser out");
    const frame = evil.frames().find((f) => f.name() === "sink");
    assert.ok(!frame?.url().startsWith(place.url) || !(await frame.content()).includes("pill"), "a page is shown in another's frame");
  }
});

test("a site that hangs leaves the board's online sites, and comes back by itself", async (t) => {
  const page = await view(t, company["head office"]);
  const york = (tone) => page.locator(`#sites li.is-${tone}`, { hasText: "york" });
  await york("good").waitFor();
  const goOn = halt(company.york);
  try {
    await page.waitForFunction(() => [...document.querySelectorAll("#sites li")].some((li) => /york/.test(li.textContent) && !li.classList.contains("is-good")),
      null, { timeout: 2 * wait });
  } finally {
    goOn();
  }
  await york("good").waitFor({ timeout: 2 * wait });
});

test("a page that loses its node says that it is old", async (t) => {
  const page = await view(t, company.leeds);
  await page.locator("#pill[data-state=good]").waitFor();
  const goOn = halt(company.leeds);
  try {
    await page.waitForFunction(() => /ago/.test(document.getElementById("f-at").textContent), null, { timeout: 2 * wait });
  } finally {
    goOn();
  }
  await page.waitForFunction(() => document.getElementById("f-at").textContent === "now", null, { timeout: 2 * wait });
});
