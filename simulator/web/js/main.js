// Puts the page together: reads the state, follows the live events, sends what is pressed.

import { currentLanguage, setLanguage, t, translate } from "./i18n.js";
import { icon } from "./dom.js";
import { drawConversation, drawHead, drawMessage, drawStatus, initChat, redraw, showTyping } from "./chat.js";
import { initComposer, send, setReply } from "./composer.js";
import { drawCustomers, initCustomers } from "./customers.js";
import { addCall, addDelivery, drawPanel, drawTries, setEvents, togglePanel } from "./panel.js";
import { initSheets, toast } from "./sheet.js";
import * as sheets from "./sheets.js";
import * as api from "./api.js";
import { addMessage, applyStatus, conversation, current, setMessages, setReady, store } from "./store.js";

const $ = (id) => document.getElementById(id);

async function select(id) {
  store.current = id;
  store.unread.delete(id);
  setReply(null);
  history.replaceState(null, "", `#${current().key}`);
  const answer = await api.getMessages(id);
  if (store.current !== id) return;
  store.customers.set(id, answer.customer);
  setMessages(id, answer.messages);
  drawConversation();
  drawCustomers();
  drawPanel();
  showTyping(answer.customer.typing ? Date.now() / 1000 + 5 : 0);
  setReady();
}

// What live events told of customers (null: gone) while the whole state was on its way, which
// may be older than they are.
let news = new Map();

function noteCustomer(id, customer) {
  news.set(id, customer);
  if (customer) store.customers.set(id, customer);
  else store.customers.delete(id);
}

/** The whole state: at start, and after each reconnection, so that nothing is missed. */
async function refresh() {
  news = new Map();
  const [state, deliveries, calls] = await Promise.all([api.getState(), api.getDeliveries(), api.getCalls()]);
  store.settings = state.settings;
  store.customers = new Map(state.customers.map((c) => [c.id, c]));
  for (const [id, customer] of news) noteCustomer(id, customer);
  if (!store.products) store.products = await api.getCatalogue().catch(() => []);
  if (!$("panel").children.length) drawPanel();
  setEvents(deliveries.deliveries, calls.calls);
  const wanted = decodeURIComponent(location.hash.slice(1));
  const shown = store.customers.get(store.current) || [...store.customers.values()].find((c) => [c.key, c.wa_id, c.user_id].includes(wanted))
    || state.customers[0];
  drawCustomers();
  if (shown) await select(shown.id);
}

function onMessage(message) {
  const isNew = addMessage(message);
  const customer = store.customers.get(message.customer_id);
  if (customer && isNew) {
    customer.last = message;
    customer.window_open ||= message.direction === "from_customer";
    if (message.customer_id !== store.current && message.direction === "to_customer") store.unread.set(customer.id, (store.unread.get(customer.id) || 0) + 1);
  }
  if (message.customer_id === store.current) drawMessage(message, isNew);
  drawCustomers();
}

function onStatus(change) {
  const message = applyStatus(change);
  if (message && change.customer_id === store.current) drawStatus(message);
}

const HANDLERS = {
  message: onMessage,
  status: onStatus,
  customer: (customer) => {
    noteCustomer(customer.id, customer);
    drawCustomers();
    if (customer.id === store.current) { drawHead(); drawTries(); }
  },
  customer_removed: ({ id }) => {
    noteCustomer(id, null);
    store.conversations.delete(id);
    if (store.current === id) refresh().catch((error) => toast(error.message));
    drawCustomers();
  },
  typing: ({ customer_id: id, until }) => { if (id === store.current) showTyping(until); },
  delivery: addDelivery,
  call: addCall,
  settings: (settings) => { store.settings = settings; drawTries(); },
  reset: () => { store.conversations.clear(); store.current = null; refresh().catch((error) => toast(error.message)); },
};

async function pressButton(message, id) {
  store.pressed.add(`${message.id} ${id}`);
  redraw(message);
  await api.press(store.current, { message_id: message.id, id }).catch((error) => toast(t("failedSend", error.message)));
}

function openSpecial(message, kind) {
  const sendReply = (spec) => send({ ...spec, reply_to: message.id });
  const action = message.message.interactive.action || {};
  const skus = action.product_retailer_id ? [action.product_retailer_id]
    : (action.sections || []).flatMap((s) => (s.product_items || []).map((i) => i.product_retailer_id));
  const open = {
    list: () => sheets.listSheet(message, (id) => pressButton(message, id)),
    flow: () => sheets.formSheet(message, send), request_contact_info: () => sheets.shareNumber(send, message.id),
    location_request_message: () => sheets.locationSheet(sendReply),
  }[kind];
  return open ? open() : sheets.orderSheet(send, skus);
}

function onLogClick(event) {
  const target = event.target.closest("[data-press], [data-open], [data-menu]");
  const message = target && conversation()?.get(target.closest("[data-id]").dataset.id);
  if (!message) return;
  if (target.dataset.press !== undefined) pressButton(message, target.dataset.press);
  else if (target.dataset.open) openSpecial(message, target.dataset.open);
  else {
    sheets.optionsSheet(message, {
      react: (emoji) => send({ type: "reaction", reaction: { message_id: message.id, emoji } }),
      reply: () => setReply(message),
    });
  }
}

function tick() {
  $("clock").textContent = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
}

function init() {
  translate();
  $("language").value = currentLanguage();
  $("language").addEventListener("change", () => {
    setLanguage($("language").value);
    translate();
    drawConversation();
    drawCustomers();
    drawPanel();
  });
  document.querySelector(".avatar.shop").append(icon("shop"));
  $("open-customers").append(icon("people"));
  $("toggle-panel").append(icon("code"));
  $("toggle-panel").addEventListener("click", () => togglePanel());
  $("log").addEventListener("click", onLogClick);
  $("log").addEventListener("contextmenu", (event) => {
    const menu = !event.target.closest("a, img") && event.target.closest(".msg")?.querySelector(".msg-menu");
    if (!menu || !matchMedia("(hover: none)").matches) return; // with a mouse the own menu of the browser is wanted
    event.preventDefault();
    menu.click();
  });
  $("empty").addEventListener("click", (event) => { const text = event.target.closest("[data-say]")?.dataset.say; if (text) send({ type: "text", text }); });
  initSheets();
  initChat();
  initComposer();
  initCustomers((id) => select(id).catch((error) => toast(error.message)));
  tick();
  setInterval(tick, 10_000);
  api.listen(HANDLERS, (online) => {
    $("offline").hidden = online;
    if (online) refresh().catch((error) => toast(error.message));
  });
}

init();
