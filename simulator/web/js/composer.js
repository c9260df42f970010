// Where the customer writes: text, emoji, attachments, the answer to a message.

import { t } from "./i18n.js";
import { el, icon } from "./dom.js";
import { summary } from "./bubbles.js";
import { toast } from "./sheet.js";
import { ready, store } from "./store.js";
import * as sheets from "./sheets.js";
import * as api from "./api.js";

const $ = (id) => document.getElementById(id);
const EMOJI = ["😀", "😂", "😍", "🤔", "😢", "😡", "👍", "👎", "🙏", "👏", "💪", "🎉", "❤️", "🔥", "✨", "✅",
  "👕", "👟", "🛍️", "🛒", "💳", "💵", "📦", "🚚", "🏠", "📍", "📞", "⏰", "☕", "🍞", "🌮", "🎁"];

/** Sends as the customer that is shown; a refusal of the simulator is told, never swallowed. */
export async function send(message) {
  await ready;
  const replyTo = store.replyTo?.id;
  setReply(null);
  try {
    return await api.sendMessage(store.current, replyTo && !message.reply_to ? { ...message, reply_to: replyTo } : message);
  } catch (error) {
    toast(t("failedSend", error.message));
    return null;
  }
}

export function setReply(message) {
  store.replyTo = message;
  $("replying").hidden = !message;
  if (!message) return;
  $("replying").replaceChildren(
    el("div", {}, el("b", {}, message.direction === "from_customer" ? t("you") : t("shop")), el("span", {}, summary(message).slice(0, 120))),
    el("button", { type: "button", class: "icon", "aria-label": t("close"), onclick: () => { setReply(null); $("composer-text").focus(); } }, icon("close")));
  $("composer-text").focus();
}

function grow() {
  const area = $("composer-text");
  area.style.height = "auto";
  area.style.height = `${Math.min(area.scrollHeight, 126)}px`;
}

async function submitText() {
  const area = $("composer-text");
  const text = area.value.trim();
  if (!text) return area.focus();
  area.value = "";
  grow();
  const sent = await send({ type: "text", text });
  if (!sent && !area.value) { area.value = text; grow(); }
  area.focus();
}

function toggleEmoji(open = $("emoji-grid").hidden) {
  $("emoji-grid").hidden = !open;
  $("emoji").setAttribute("aria-expanded", String(open));
}

function insert(text) {
  const area = $("composer-text");
  area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
  grow();
  area.focus();
}

function attach(kind) {
  if (kind === "photo") return $("file").click();
  return { location: sheets.locationSheet, order: sheets.orderSheet, contact: sheets.contactSheet }[kind](send);
}

export function initComposer() {
  $("send").append(icon("send"));
  $("emoji").append(icon("smile"));
  $("attach").append(icon("attach"));
  $("emoji-grid").append(...EMOJI.map((e) => el("button", { type: "button", "aria-label": e, onclick: () => insert(e) }, e)));
  $("emoji").addEventListener("click", () => toggleEmoji());
  $("attach").addEventListener("click", () => { toggleEmoji(false); sheets.attachSheet(attach); });
  $("composer").addEventListener("submit", (event) => { event.preventDefault(); submitText(); });
  $("composer-text").addEventListener("input", grow);
  $("composer-text").addEventListener("focus", () => toggleEmoji(false));
  $("composer-text").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submitText();
  });
  $("composer-text").addEventListener("paste", (event) => take(event.clipboardData?.files[0], event));
  $("file").addEventListener("change", () => { take($("file").files[0]); $("file").value = ""; });
  const phone = $("phone");
  phone.addEventListener("dragover", (event) => event.preventDefault());
  phone.addEventListener("drop", (event) => { event.preventDefault(); take(event.dataTransfer?.files[0]); });
}

function take(file, event) {
  if (!file) return;
  event?.preventDefault();
  sheets.pictureSheet(file, send);
}
