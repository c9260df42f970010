// The conversation that is shown: bubbles, days, reactions, scrolling, the empty state.

import { day, t } from "./i18n.js";
import { el, icon, svg } from "./dom.js";
import { bubble, meta } from "./bubbles.js";
import { conversation, current, identityOf } from "./store.js";

const $ = (id) => document.getElementById(id);
let typingTimer = 0;
let onTheWay = false; // to the end, smoothly: what arrives meanwhile makes the way longer

const isReaction = (message) => message.type === "reaction" && message.status !== "refused";

function reactionsOf(messages) {
  const found = new Map();
  for (const m of messages) if (isReaction(m)) found.set(m.message.reaction?.message_id, m.text);
  return found;
}

const atEnd = () => $("scroller").scrollHeight - $("scroller").scrollTop - $("scroller").clientHeight < 90;

export function toEnd(smooth = false) {
  onTheWay = smooth;
  $("scroller").scrollTo({ top: $("scroller").scrollHeight, behavior: smooth ? "smooth" : "instant" });
}

/** Everything anew: another customer, another language, or after a reconnection. */
export function drawConversation() {
  const messages = [...(conversation()?.values() || [])];
  const reactions = reactionsOf(messages);
  const items = [];
  let before = null;
  for (const message of messages.filter((m) => !isReaction(m))) {
    if (!before || day(before.timestamp) !== day(message.timestamp)) items.push(el("li", { class: "day" }, day(message.timestamp)));
    items.push(bubble(message, { turn: before?.direction !== message.direction, reaction: reactions.get(message.id) }));
    before = message;
  }
  $("live").setAttribute("aria-live", "off"); // an old conversation isn't read out as news
  $("log").replaceChildren(...items);
  requestAnimationFrame(() => $("live").setAttribute("aria-live", "polite"));
  drawEmpty();
  drawHead();
  toEnd();
}

export function drawMessage(message, isNew) {
  const known = [...conversation().values()];
  if (isReaction(message)) return redraw(known.find((m) => m.id === message.message.reaction?.message_id));
  if (!isNew) return redraw(message);
  const stay = !atEnd() && message.direction === "to_customer";
  const shown = known.filter((m) => !isReaction(m));
  const before = shown[shown.indexOf(message) - 1];
  if (!before || day(before.timestamp) !== day(message.timestamp)) $("log").append(el("li", { class: "day" }, day(message.timestamp)));
  $("log").append(bubble(message, { turn: before?.direction !== message.direction, isNew: true }));
  while ($("log").children.length > 520) $("log").firstChild.remove();
  if (message.direction === "to_customer") showTyping(0);
  drawEmpty();
  if (stay) $("to-end").hidden = false;
  else toEnd(true);
}

export function redraw(message) {
  const node = message && $("log").querySelector(`[data-id="${CSS.escape(message.id)}"]`);
  if (!node) return;
  const follow = atEnd();
  const focused = node.contains(document.activeElement) ? document.activeElement.dataset : null;
  const reaction = reactionsOf(conversation().values()).get(message.id);
  const next = bubble(message, { turn: node.classList.contains("turn"), reaction });
  node.replaceWith(next);
  if (focused?.press) next.querySelector(`[data-press="${CSS.escape(focused.press)}"]`)?.focus();
  if (follow) toEnd();
}

/** Only the ticks: a bubble that is being pressed must not be replaced under the finger. */
export function drawStatus(message) {
  if (message.error) return redraw(message);
  $("log").querySelector(`[data-id="${CSS.escape(message.id)}"] .meta`)?.replaceWith(meta(message));
}

function drawEmpty() {
  const empty = !conversation()?.size;
  $("empty").hidden = !empty;
  if (!empty) return;
  const art = el("div", { class: "art" }, svg("0 0 92 92",
    ["circle", { cx: 46, cy: 46, r: 46, fill: "#12a37f", opacity: .14 }],
    ["path", { d: "M20 34a8 8 0 0 1 8-8h26a8 8 0 0 1 8 8v13a8 8 0 0 1-8 8H35l-9 8v-8.5a8 8 0 0 1-6-7.5z", fill: "#12a37f" }],
    ["path", { d: "M40 60v1a7 7 0 0 0 7 7h12l8 6v-7a7 7 0 0 0 6-7V50a7 7 0 0 0-6-7", fill: "none", stroke: "#0b6b5d", "stroke-width": 3, "stroke-linejoin": "round" }],
    ["path", { d: "M31 37h20M31 44h12", stroke: "#fff", "stroke-width": 3.5, "stroke-linecap": "round" }]));
  $("empty").replaceChildren(art, el("h2", {}, t("emptyTitle")), el("p", {}, t("emptyText")),
    el("div", { class: "chips" }, ...["chip1", "chip2", "chip3"].map((c) => el("button", { type: "button", class: "chip", "data-say": t(c) }, t(c)))));
}

export function drawHead() {
  const customer = current();
  if (!customer) return;
  const text = $("typing").hidden ? t("as", `${customer.name} · ${identityOf(customer, false)}`) : t("typing");
  if ($("chat-sub").textContent !== text) $("chat-sub").textContent = text; // read out once
}

export function showTyping(until) {
  clearTimeout(typingTimer);
  const left = until * 1000 - Date.now();
  const follow = atEnd();
  $("typing").hidden = left <= 0;
  if (left > 0) typingTimer = setTimeout(() => showTyping(0), left);
  drawHead();
  if (left > 0 && follow) toEnd(true);
}

export function initChat() {
  $("to-end").append(icon("down"));
  $("to-end").addEventListener("click", () => toEnd(true));
  $("scroller").addEventListener("scroll", () => { $("to-end").hidden = atEnd(); }, { passive: true });
  $("scroller").addEventListener("click", (event) => {
    const id = event.target.closest("[data-goto]")?.dataset.goto;
    if (id) $("log").querySelector(`[data-id="${CSS.escape(id)}"]`)?.scrollIntoView({ block: "center", behavior: "smooth" });
  });
  // The composer grows, a picture arrives: whoever was at the end stays there.
  // Only who moved up has left the end: a picture may have grown the log between a move to its
  // end and the event that tells of it.
  let wasAtEnd = true;
  let lastTop = 0;
  $("scroller").addEventListener("scroll", () => {
    const top = $("scroller").scrollTop;
    if (atEnd()) onTheWay = false;
    if (atEnd() || top < lastTop) wasAtEnd = onTheWay || atEnd();
    lastTop = top;
  }, { passive: true });
  for (const kind of ["wheel", "touchmove", "keydown", "pointerdown"]) $("scroller").addEventListener(kind, () => { onTheWay = false; }, { passive: true });
  const follow = new ResizeObserver(() => { if (wasAtEnd) toEnd(); });
  follow.observe($("scroller"));
  follow.observe($("log"));
}
