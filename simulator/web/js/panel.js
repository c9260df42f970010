// "Lo que pasa por detrás": every webhook and every call, newest first, with its JSON.

import { clock, t } from "./i18n.js";
import { el, icon } from "./dom.js";
import { current, store } from "./store.js";
import * as api from "./api.js";

const $ = (id) => document.getElementById(id);
const KEPT = 200;
const events = new Map(); // "w12" or "c7" -> {kind, data, at}
let filter = "all";
let feed, figures, hookState;

const kindOf = (event) => {
  if (event.source === "c") return "calls";
  return event.data.kinds.includes("statuses") && !event.data.kinds.includes("messages") ? "statuses" : "webhooks";
};

export function addDelivery(delivery) {
  const known = events.get(`w${delivery.id}`);
  put(`w${delivery.id}`, { source: "w", at: delivery.created_at, data: { ...(known?.data || {}), ...delivery } });
}

export function addCall(call) {
  put(`c${call.id}`, { source: "c", at: call.at, data: call });
}

export function setEvents(deliveries, calls) {
  events.clear();
  const all = [...deliveries.map((d) => [`w${d.id}`, { source: "w", at: d.created_at, data: d }]), ...calls.map((c) => [`c${c.id}`, { source: "c", at: c.at, data: c }])];
  for (const [id, event] of all.sort((a, b) => a[1].at - b[1].at)) events.set(id, event);
  drawFeed();
}

function put(id, event) {
  const isNew = !events.has(id);
  events.set(id, event);
  if (events.size > KEPT) {
    const oldest = events.keys().next().value;
    events.delete(oldest);
    feed.querySelector(`[data-event="${oldest}"]`)?.remove();
  }
  drawFigures();
  const shown = feed.querySelector(`[data-event="${id}"]`);
  const node = filter === "all" || filter === kindOf(event) ? line(id, event, shown?.open) : null;
  if (shown && node) shown.replaceWith(node);
  else if (isNew && node) {
    feed.querySelector("p.none")?.remove();
    feed.prepend(node);
  }
}

function drawFeed() {
  const shown = [...events].filter(([, e]) => filter === "all" || filter === kindOf(e)).reverse();
  feed.replaceChildren(...(shown.length ? shown.map(([id, e]) => line(id, e)) : [el("p", { class: "none" }, t("nothingYet"))]));
  drawFigures();
}

function line(id, event, open = false) {
  const view = event.source === "w" ? webhookView(event.data) : callView(event.data);
  const node = el("details", { class: `event ${view.names}`, "data-event": id },
    el("summary", {}, el("span", { class: "way" }, icon(view.icon)), el("span", { class: "what" }, view.what),
      el("span", { class: "figure-s" }, el("b", {}, view.result), view.time), el("span", { class: "note" }, view.note)));
  const fill = () => { if (node.open && !node.querySelector(".more")) node.append(details(event)); };
  node.addEventListener("toggle", fill);
  if (open) { node.open = true; fill(); }
  return node;
}

function parsed(text) {
  try { return JSON.parse(text); } catch { return null; }
}

function webhookView(delivery) {
  const values = (parsed(delivery.body)?.entry || []).flatMap((e) => (e.changes || []).map((c) => c.value));
  const status = values.flatMap((v) => v?.statuses || [])[0];
  const message = values.flatMap((v) => v?.messages || [])[0];
  const attempts = delivery.attempts || [];
  const states = { pending: t("pending"), held: t("held"), failed: t("failed") };
  const good = delivery.state === "delivered";
  const bad = delivery.state === "failed" || (!good && attempts.length > 0);
  const what = message ? t("evMessage") : status ? t("evStatus", t(status.status)) : t("evOther");
  const tries = attempts.length > 1 ? ` · ${t("attempts", attempts.length)}` : "";
  return {
    names: `${message || !status ? "webhook" : "status"} ${bad ? "bad" : good ? "" : "wait"}`, icon: message || !status ? "out" : "dot", what,
    note: `${clock(delivery.created_at)} · ${message ? about(message) : status ? nameOf(delivery.customers[0]) : delivery.kinds.join(", ")}${tries}`,
    result: delivery.http_status || states[delivery.state] || "—", time: delivery.latency_ms === null || delivery.latency_ms === undefined ? "" : `${delivery.latency_ms.toFixed(0)} ms`,
  };
}

const about = (message) => (message.text?.body || message.interactive?.button_reply?.title || message.interactive?.list_reply?.title || message.type || "").slice(0, 60);
const nameOf = (key) => [...store.customers.values()].find((c) => c.key === key)?.name || key || "";

function callView(call) {
  const body = parsed(call.request);
  const read = body?.status === "read";
  if (read && !call.error) return { names: "call", icon: "in", what: t("evRead"), note: `${clock(call.at)} · ${body.typing_indicator ? t("typing") : "✓✓"}`, result: call.status, time: `${call.latency_ms.toFixed(0)} ms` };
  const what = call.error ? t("evRefused") : body ? t("evSend") : `${call.method} ${call.path.split("/").slice(2).join("/")}`;
  const note = call.error ? `${call.error.code} · ${call.error.error_data?.details || call.error.message}` : body?.interactive?.body?.text || body?.text?.body || body?.template?.name || body?.type || call.path;
  return { names: `call ${call.error ? "bad" : ""}`, icon: "in", what, note: `${clock(call.at)} · ${String(note).slice(0, 90)}`, result: call.status, time: `${call.latency_ms.toFixed(0)} ms` };
}

function details(event) {
  const data = event.data;
  if (event.source === "c") {
    return el("div", { class: "more" }, el("p", {}, `${data.method} ${data.path}`), json(data.request), data.error ? el("p", {}, t("answer")) : null, data.error ? json({ error: data.error }) : null);
  }
  const tries = (data.attempts || []).map((a) => el("p", {}, `${clock(a.at)} · ${a.http_status || a.error} · ${a.latency_ms} ms · ${a.url}`));
  const answer = data.attempts?.at(-1)?.answer;
  const again = el("button", { type: "button", class: "small", onclick: () => api.replay(data.id) }, t("again"));
  return el("div", { class: "more" }, ...tries, json(data.body), answer ? el("p", {}, t("answer")) : null, answer ? json(answer) : null, el("div", { class: "tools" }, again));
}

const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|[^"\d-]+|-/gi;

function json(value) {
  const object = typeof value === "string" ? parsed(value) : value;
  if (object === null) return el("pre", {}, String(value));
  const nodes = [...JSON.stringify(object, null, 2).matchAll(TOKEN)].map((m) => {
    if (m[1]) return m[2] ? [el("span", { class: "j-key" }, m[1]), m[2]] : el("span", { class: "j-str" }, m[1]);
    return /^-?\d/.test(m[0]) ? el("span", { class: "j-num" }, m[0]) : m[0];
  });
  return el("pre", { tabindex: "0" }, ...nodes);
}

let asked = false;

function drawFigures() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => { asked = false; count(); });
}

function count() {
  const deliveries = [...events.values()].filter((e) => e.source === "w").map((e) => e.data);
  const answered = deliveries.filter((d) => d.state === "delivered");
  const times = answered.map((d) => d.latency_ms).sort((a, b) => a - b);
  const median = times.length ? times[Math.floor(times.length / 2)] : null;
  const failed = deliveries.reduce((n, d) => n + (d.attempts || []).filter((a) => a.http_status !== 200).length, 0);
  const figure = (value, label, names = "") => el("div", { class: `figure ${names}` }, el("b", {}, value), el("span", {}, label));
  figures.replaceChildren(
    figure(median === null ? "—" : `${median.toFixed(median < 10 ? 1 : 0)} ms`, t("median"), median > 250 ? "warn" : ""),
    figure(String(answered.length), t("deliveredCount")), figure(String(failed), t("failedCount"), failed ? "bad" : ""));
}

function tell(text, names = "") {
  hookState.textContent = text;
  hookState.className = `hook-state ${names}`;
}

function hookForm() {
  const input = el("input", { type: "url", id: "hook", placeholder: "http://127.0.0.1:8101/v1/webhook", spellcheck: "false" });
  input.value = store.settings.webhook_url || "";
  const save = async (event) => {
    event.preventDefault();
    try {
      store.settings = await api.putSettings({ webhook_url: input.value });
      tell(input.value ? t("saved") : t("noHook"), input.value ? "good" : "");
    } catch (error) { tell(error.message, "bad"); }
  };
  const check = async () => {
    try {
      const answer = await api.handshake();
      if (answer.ok) tell(t("handshakeOk", answer.latency_ms.toFixed(0)), "good");
      else tell(t("handshakeBad", answer.error || `HTTP ${answer.http_status}`), "bad");
    } catch (error) { tell(error.message, "bad"); }
  };
  hookState = el("p", { class: "hook-state", role: "status" }, store.settings.webhook_url ? "" : t("noHook"));
  return [el("label", { class: "hook-label", for: "hook" }, t("hookUrl")),
    el("form", { class: "hook", onsubmit: save }, input,
      el("div", {}, el("button", { class: "small" }, t("save")), el("button", { type: "button", class: "small", onclick: check }, t("check")), hookState))];
}

function tries() {
  const box = (label, checked, change) => {
    const input = el("input", { type: "checkbox", checked });
    input.addEventListener("change", () => change(input.checked).catch((error) => tell(error.message, "bad")));
    return el("label", {}, input, t(label));
  };
  const settings = store.settings;
  const put = async (change) => { store.settings = await api.putSettings(change); };
  return el("details", { class: "try" }, el("summary", {}, t("tryThings")),
    box("tryWindow", current() ? !current().window_open && Boolean(current().last) : false, (on) => api.changeCustomer(store.current, { window_open: !on })),
    box("tryOffline", current() ? !current().online : false, (on) => api.changeCustomer(store.current, { online: !on })),
    box("tryReads", settings.read_receipts, (on) => put({ read_receipts: on })),
    box("tryDuplicates", settings.duplicate_rate === 1, (on) => put({ duplicate_rate: on ? 1 : 0 })),
    box("tryFail", Boolean(settings.fail_next), (on) => put({ fail_next: on ? { count: 1, code: 131000 } : null })));
}

/** The boxes of "make things happen", after a change that came from elsewhere. */
export function drawTries() {
  const shown = $("panel").querySelector(".try");
  if (!shown || shown.contains(document.activeElement)) return;
  const next = tries();
  next.open = shown.open;
  shown.replaceWith(next);
}

export function drawPanel() {
  const open = $("panel").querySelector(".try")?.open;
  figures = el("div", { class: "figures" });
  feed = el("div", { class: "feed" });
  const trials = tries();
  trials.open = Boolean(open);
  const filters = ["all", "webhooks", "statuses", "calls"].map((name) => el("button", {
    type: "button", "aria-pressed": String(filter === name), onclick: () => { filter = name; drawPanel(); } }, t(name)));
  const fold = el("button", { type: "button", class: "icon", "aria-label": t("close"), onclick: () => togglePanel(false) }, icon("close"));
  $("panel").replaceChildren(el("div", { class: "panel-head" }, el("h2", {}, t("panel")), fold),
    el("div", { class: "panel-top" }, ...hookForm(), figures, trials), el("div", { class: "filters" }, ...filters), feed);
  drawFeed();
}

export function togglePanel(open = $("panel").classList.contains("folded")) {
  $("panel").classList.toggle("folded", !open);
  $("toggle-panel").setAttribute("aria-expanded", String(open));
}
