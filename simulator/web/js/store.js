// What the page knows: customers, their conversations, and who is shown.

import { countryName } from "./i18n.js";

export const MESSAGES_KEPT = 500;

let markReady;
/** Resolves once a customer is shown: what is written before then waits for it. */
export const ready = new Promise((resolve) => { markReady = resolve; });
export const setReady = () => markReady();

export const store = {
  customers: new Map(), // id -> customer
  conversations: new Map(), // id -> Map(message id -> message)
  unread: new Map(),
  replyTo: null,
  pressed: new Set(),
  settings: {},
  current: null,
  products: null,
};

/** How the shop knows a customer: the number with its country, or the user where it's hidden. */
export function identityOf(customer, withCountry = true) {
  if (!customer.wa_id || !customer.phone_visible) return `@${customer.username || customer.user_id}`;
  return withCountry ? `${countryName(customer.country)} · +${customer.wa_id}` : `+${customer.wa_id}`;
}

export const current = () => store.customers.get(store.current);
export const conversation = (id = store.current) => store.conversations.get(id);

export function setMessages(id, messages) {
  store.conversations.set(id, new Map(messages.map((m) => [m.id, m])));
}

/** True when the message is new to the page. */
export function addMessage(message) {
  const known = conversation(message.customer_id);
  if (!known) return true;
  const isNew = !known.has(message.id);
  known.set(message.id, message);
  if (known.size > MESSAGES_KEPT) known.delete(known.keys().next().value);
  return isNew;
}

export function applyStatus(change) {
  const message = conversation(change.customer_id)?.get(change.id);
  if (!message) return null;
  Object.assign(message, { status: change.status, statuses: change.statuses, error: change.error });
  return message;
}
