// The node's live page. Figures come by server-sent events; lists are fetched when they change.
const at = (id) => document.getElementById(id);
const number = new Intl.NumberFormat("en-GB");
const stockMax = 12, ordersMax = 12;

// cell makes a table cell; text only, so that nothing in the data can become markup.
function cell(text, className) {
  const td = document.createElement("td");
  td.textContent = text;
  if (className) td.className = className;
  return td;
}

function span(ms) {
  if (ms < 0) return "never";
  const s = Math.round(ms / 1000);
  if (s < 1) return "just now";
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

function say(el, text) { if (el.textContent !== text) el.textContent = text; }

async function get(url, signal) {
  const r = await fetch(url, { signal, headers: { Accept: "application/json" } });
  if (r.status === 401) { location.reload(); throw new Error("signed out"); }
  if (!r.ok) {
    const p = await r.json().catch(() => ({}));
    throw new Error(p.detail || "The node did not answer.");
  }
  return r.json();
}

// --- the line ---------------------------------------------------------------

let status = null, statusAt = 0, live = false;

const inHandWords = "Goods that the customer holds are sold.";

const phaseWords = {
  waiting_for_head_office: "It waits for head office to give it a new epoch",
  fetching: "It fetches head office's copy of its journal",
  folding: "It makes a new book of head office's copy",
  commands: "It waits for the line, to carry out what head office has commanded meanwhile",
  late_facts: "It records what was sold and received while it was cut off",
  attesting: "It tells head office that all is recorded",
};

// rebuildWords says what a site waits for that is in quarantine or being rebuilt.
function rebuildWords() {
  const r = status.rebuild;
  if (!r) return "It waits to hear from head office what is to be done.";
  const so = r.of > 0 ? ` (${number.format(r.done)} of ${number.format(r.of)})` : "";
  return `${phaseWords[r.phase] || "It is being rebuilt"}${so}${r.why ? ": " + r.why : ""}.`;
}

function judge() {
  if (!live) return ["bad", "Page is not connected", "This page has lost the node. What it shows is old; it connects again by itself."];
  if (status.state === "stopped") return ["bad", "Book has stopped", "Writing to the disk failed. Nothing more is taken; what is here can be read."];
  if (status.state === "quarantined") return ["bad", "In quarantine", `This site promises nothing: ${status.why}. ${inHandWords} ${rebuildWords()}`];
  if (status.state === "rebuilding") return ["warn", "Being rebuilt", `This site takes no orders from its book yet. ${inHandWords} ${rebuildWords()}`];
  if (status.state === "disk_full") return ["bad", "Disk is full", "No new orders until there is room. Goods in and cancellations are still recorded."];
  if (status.state !== "open") return ["warn", "Not open yet", "Waiting for head office to open this site."];
  if (status.standalone) return ["good", "Standalone", "This site works without a head office."];
  if (status.link.online) return ["good", "Online", "Head office answers. Orders can be served from other sites."];
  return ["warn", "Offline", "Head office does not answer. This site goes on selling its own stock."];
}

function showStatus() {
  if (!status) return;
  const gone = performance.now() - statusAt;
  const [state, word, words] = judge();
  const pill = at("pill");
  pill.dataset.state = state;
  say(pill, word);
  say(at("line-words"), words);
  const link = status.link;
  if (link) {
    const ago = link.contact_ago_ms < 0 ? -1 : link.contact_ago_ms + gone;
    say(at("f-contact"), ago >= 1000 ? `${span(ago)} ago` : span(ago));
    say(at("f-unshared"), link.unshared === 0 ? "none" : `${number.format(link.unshared)} entries`);
    say(at("f-unshared-age"), link.unshared === 0 ? "–" : span(link.unshared_age_ms + gone));
  } else {
    say(at("f-contact"), "no head office");
  }
  say(at("f-seq"), number.format(status.seq));
  say(at("f-skus"), number.format(status.skus));
  say(at("f-at"), gone < 6000 ? "now" : `${span(gone)} ago`);
}

function listen() {
  const events = new EventSource("/v1/events?only=status");
  events.addEventListener("status", (e) => {
    const next = JSON.parse(e.data);
    const moved = !status || next.seq !== status.seq;
    status = next;
    statusAt = performance.now();
    live = true;
    showStatus();
    if (moved) refresh();
  });
  events.onerror = () => {
    live = false;
    showStatus();
    if (events.readyState === EventSource.CLOSED) setTimeout(() => get("/v1/status").then(listen, listen), 3000);
  };
}

// --- orders -----------------------------------------------------------------

const tone = { completed: "good", allocated: "good", backordered: "warn", sourcing: "warn", waiting: "warn", cancelled: "bad" };
let newest = "";

function orderRow(o) {
  const tr = document.createElement("tr");
  const units = o.lines.reduce((sum, l) => sum + l.qty, 0);
  const sites = [...new Set(o.lines.flatMap((l) => l.reserved.map((r) => r.site)))];
  const state = cell("");
  const tag = document.createElement("span");
  tag.className = "tag";
  tag.dataset.state = tone[o.status] || "";
  tag.textContent = o.status.replaceAll("_", " ") + (o.offline ? " · offline" : "");
  state.append(tag);
  tr.append(cell(o.number, "code"), cell(new Date(o.taken_at).toLocaleTimeString("en-GB")), cell(o.fulfil), cell(number.format(o.lines.length), "n"),
    cell(number.format(units), "n"), cell(sites.join(", ") || "–"), state);
  return tr;
}

async function showOrders() {
  const { orders } = await get(`/v1/orders?newest=true&limit=${ordersMax}`);
  const was = newest;
  newest = orders[0]?.id || "";
  at("orders-rows").replaceChildren(...orders.map(orderRow));
  if (was && newest !== was) at("orders-rows").firstElementChild.classList.add("fresh");
  at("orders-scroll").hidden = orders.length === 0;
  say(at("orders-words"), orders.length === 0 ? "No orders yet." : "The newest first.");
}

// --- stock ------------------------------------------------------------------

let asked = new AbortController(), lastSearch = "";

function elsewhere(p) {
  if (!p.ask) return "–";
  const parts = [];
  if (p.ask.qty > 0) parts.push(`${number.format(p.ask.qty)} on request`);
  if (p.likely && p.likely.qty > 0) parts.push(`${number.format(p.likely.qty)} likely (${span(p.likely.age_ms)} old)`);
  return parts.join(", ") || "none";
}

function stockRow([item, s]) {
  const tr = document.createElement("tr");
  tr.append(cell(item.sku, "code"), cell(item.name), cell(number.format(s.on_hand), "n"), cell(number.format(s.reserved), "n"),
    cell(number.format(s.allotted), "n"), cell(number.format(s.available), "n strong"), cell(elsewhere(s.promisable)));
  return tr;
}

// find looks for a barcode first: a scanner types one and presses Enter.
async function find(q, signal) {
  const exact = await get(`/v1/items?barcode=${encodeURIComponent(q)}`, signal);
  return exact.items.length ? exact : get(`/v1/items?limit=${stockMax}&q=${encodeURIComponent(q)}`, signal);
}

async function showStock(fresh) {
  const q = at("q").value.trim();
  if (!q) {
    at("stock-scroll").hidden = true;
    say(at("stock-words"), "Type to search, or scan a barcode.");
    return;
  }
  asked.abort();
  asked = new AbortController();
  const { signal } = asked;
  try {
    const { items, next_cursor } = await find(q, signal);
    const where = fresh ? "" : "?only=here"; // repeated looks must not keep head office busy
    const rows = await Promise.all(items.map(async (i) => [i, await get(`/v1/stock/${encodeURIComponent(i.sku)}${where}`, signal)]));
    if (!fresh && lastSearch === q) keepElsewhere(rows);
    lastSearch = q;
    at("stock-rows").replaceChildren(...rows.map(stockRow));
    at("stock-scroll").hidden = rows.length === 0;
    say(at("stock-words"), rows.length === 0 ? `Nothing found for “${q}”.` : `${rows.length}${next_cursor ? " or more" : ""} found.`);
    found = new Map(rows.map(([i, s]) => [i.sku, s.promisable]));
  } catch (e) {
    if (e.name !== "AbortError") say(at("stock-words"), e.message);
  }
}

let found = new Map();
function keepElsewhere(rows) { for (const [i, s] of rows) if (found.has(i.sku)) s.promisable = found.get(i.sku); }

// --- keeping up -------------------------------------------------------------

let busy = false, again = false;
async function refresh() {
  if (busy) { again = true; return; }
  busy = true;
  try { await Promise.all([showOrders(), lastSearch ? showStock(false) : null]); } catch { /* the pill tells */ }
  await new Promise((done) => setTimeout(done, 1000));
  busy = false;
  if (again) { again = false; refresh(); }
}

let typing;
at("search").addEventListener("submit", (e) => { e.preventDefault(); clearTimeout(typing); showStock(true); });
at("q").addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(() => showStock(true), 250); });
setInterval(showStatus, 1000);
listen();
