// The board of head office. It is told the whole board at each change and draws it anew; text is
// only ever set as text.
"use strict";

const $ = (id) => document.getElementById(id);

function el(tag, text, ...kinds) {
  const e = document.createElement(tag);
  if (text !== undefined && text !== null) e.textContent = text;
  e.classList.add(...kinds.filter(Boolean));
  return e;
}

function fill(parent, children, empty, tag = "li") {
  parent.replaceChildren(...(children.length ? children : [el(tag, empty, "empty")]));
}

const number = new Intl.NumberFormat("en-GB");

function age(ms) {
  if (ms < 0) return "never";
  const s = Math.round(ms / 1000);
  if (s < 2) return "now";
  if (s < 90) return s + " s ago";
  if (s < 5400) return Math.round(s / 60) + " min ago";
  if (s < 129600) return Math.round(s / 3600) + " h ago";
  return Math.round(s / 86400) + " days ago";
}

const count = (n, one, many) => number.format(n) + " " + (n === 1 ? one : many);

function clock(text) {
  const t = new Date(text);
  return isNaN(t) ? text : t.toLocaleTimeString("en-GB");
}

const tones = { online: "good", late: "warn", offline: "bad", quarantine: "bad", fenced: "bad", lost: "bad" };

function site(s, at) {
  const tone = s.joined ? tones[s.state] || "warn" : "warn";
  const li = el("li", null, "is-" + tone);
  const h = el("h3", s.site);
  h.append(el("span", s.joined ? s.state : "not joined", "dot", tone));
  li.append(h);
  const since = new Date(Date.parse(at) - s.age_ms);
  const seen = s.state === "online" ? "connected" : s.joined ? "since " + clock(since) + ", " + age(s.age_ms) : s.why;
  li.append(el("p", seen));
  const rest = [s.counter ? "counter" : "warehouse", "entry " + number.format(s.seq), "epoch " + s.epoch];
  if (Math.abs(s.skew_ms) > 60000) rest.push("clock off by " + Math.round(s.skew_ms / 1000) + " s");
  const small = el("small", rest.join(" · "));
  const p = el("p");
  p.append(small);
  li.append(p);
  if (s.unsynced) li.append(el("p", count(s.unsynced, "entry", "entries") + " not here yet", "warn"));
  if (s.commands_outstanding) li.append(el("p", count(s.commands_outstanding, "command", "commands") + (s.state === "online" ? " on the way" : " waiting for it")));
  if (s.why && s.joined) li.append(el("p", s.why, "bad"));
  return li;
}

function server(s) {
  const li = el("li", null, s.leader ? "is-good" : "");
  const h = el("h3", s.name.split(".")[0]);
  h.append(el("span", s.leader ? "leader" : "follower", s.leader ? "dot" : "", s.leader ? "good" : ""));
  li.append(h);
  li.append(el("p", s.url || s.raft_addr));
  return li;
}

function why(o) {
  if (!o.explain.length) return el("small", "no longer kept");
  const d = el("details");
  d.dataset.order = o.id;
  const lines = o.explain.length;
  d.append(el("summary", lines === 1 ? "1 line" : lines + (o.lines > lines ? " of " + o.lines : "") + " lines"));
  const ul = el("ul");
  for (const l of o.explain) {
    const chosen = l.chosen.map((c) => c.qty + " from " + c.site).join(", ") || "nothing to be had";
    ul.append(el("li", "Line " + l.line + ": " + chosen));
    for (const c of l.candidates) ul.append(el("li", "· " + c.site + " had " + number.format(c.promisable) + (c.why ? ": " + c.why : "")));
  }
  d.append(ul);
  return d;
}

function order(o) {
  const tr = el("tr");
  const head = el("th", o.number);
  head.scope = "row";
  tr.append(head, el("td", clock(o.taken_at)), el("td", o.owner === "hq" ? "head office" : o.owner), el("td", o.status));
  const legs = el("td");
  const ul = el("ul");
  for (const l of o.legs) ul.append(el("li", l.qty + " × " + l.sku + " from " + l.site + " (" + l.state + ")"));
  legs.append(ul);
  const reason = el("td");
  reason.append(why(o));
  tr.append(legs, reason);
  return tr;
}

function figure(value, label) {
  const li = el("li");
  li.append(el("b", number.format(value)), el("span", label));
  return li;
}

function draw(b) {
  const open = new Set([...document.querySelectorAll("details[open]")].map((d) => d.dataset.order));
  const s = b.status;
  const online = b.sites.filter((x) => x.state === "online").length;
  const line = $("line");
  const led = s.role === "leader" && s.ready;
  line.className = "line " + (led ? "good" : "bad");
  line.textContent = led
    ? "Head office answers. " + online + " of " + b.sites.length + " sites online."
    : "No leader answers: what follows is what this server last heard, " + age(s.age_ms) + ".";
  $("figures").replaceChildren(figure(s.orders, "orders with a part here"), figure(s.items, "items"),
    figure(s.waiting_skus, "articles waited for"), figure(s.commands_outstanding, "commands not confirmed yet"),
    figure(b.sites.reduce((n, x) => n + x.unsynced, 0), "entries not here yet"), figure(s.term, "raft term"));
  fill($("sites"), b.sites.map((x) => site(x, s.at)), "No sites yet.");
  fill($("servers"), b.servers.map(server), "No servers yet.");
  const rows = b.orders.map(order);
  if (rows.length) $("orders").replaceChildren(...rows);
  else {
    const tr = el("tr");
    const td = el("td", "No order has needed another site yet.", "empty");
    td.colSpan = 6;
    tr.append(td);
    $("orders").replaceChildren(tr);
  }
  for (const d of document.querySelectorAll("details")) d.open = open.has(d.dataset.order);
  $("exceptions-part").hidden = !b.exceptions.length;
  fill($("exceptions"), b.exceptions.map((e) => el("li", [clock(e.at), e.site, e.sku, e.why].filter(Boolean).join(" · "))), "");
  $("answered").textContent = "answered by " + s.name + " at " + clock(s.at);
}

// again listens anew. Whose sign-in has ended goes to the page, which knows the way: to the provider, or the form.
async function again() {
  try {
    const answer = await fetch("/v1/me");
    if (answer.status === 401) return location.reload();
  } catch {
    // the line is down: events say so
  }
  listen();
}

function listen() {
  const events = new EventSource("/v1/events");
  events.addEventListener("board", (e) => draw(JSON.parse(e.data)));
  events.onerror = () => {
    const line = $("line");
    line.className = "line bad";
    line.textContent = "The line to this server is down. Trying again…";
    if (events.readyState === EventSource.CLOSED) setTimeout(again, 3000);
  };
}

listen();
