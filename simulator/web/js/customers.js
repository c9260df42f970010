// The list of customers: who they are, their last message, what isn't read yet.

import { clock, t } from "./i18n.js";
import { el, hue, initials } from "./dom.js";
import { summary } from "./bubbles.js";
import { identityOf, store } from "./store.js";
import { customerSheet } from "./sheets.js";

const $ = (id) => document.getElementById(id);

let asked = false;

/** Once a frame, however many messages came. */
export function drawCustomers() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => { asked = false; draw(); });
}

function draw() {
  const customers = [...store.customers.values()].sort((a, b) => (b.last?.timestamp || 0) - (a.last?.timestamp || 0));
  const focused = document.activeElement?.dataset?.customer;
  $("customer-list").replaceChildren(...customers.map(row));
  if (focused) $("customer-list").querySelector(`[data-customer="${CSS.escape(focused)}"]`)?.focus();
}

function row(customer) {
  const unread = store.unread.get(customer.id) || 0;
  return el("li", {}, el("button", {
    type: "button", class: "customer", "data-customer": customer.id,
    "aria-current": customer.id === store.current ? "true" : undefined,
  },
  el("span", { class: `avatar ${hue(customer.user_id)}`, "aria-hidden": "true" }, initials(customer.name)),
  el("b", {}, customer.name),
  el("small", {}, customer.last ? clock(customer.last.timestamp) : ""),
  el("span", { class: "preview" }, customer.last ? summary(customer.last).slice(0, 80) : identityOf(customer)),
  unread ? el("span", { class: "badge" }, String(unread)) : null));
}

export function initCustomers(select) {
  $("customer-list").addEventListener("click", (event) => {
    const id = event.target.closest("[data-customer]")?.dataset.customer;
    if (!id) return;
    closeDrawer();
    select(id);
  });
  $("new-customer").addEventListener("click", () => {
    closeDrawer();
    customerSheet((customer) => { store.customers.set(customer.id, customer); select(customer.id); });
  });
  $("open-customers").addEventListener("click", (event) => {
    event.stopPropagation();
    $("customers").classList.add("open");
    $("customer-list").querySelector("button")?.focus();
  });
  document.addEventListener("click", (event) => { if (!event.target.closest("#customers")) closeDrawer(); });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") closeDrawer(); });
}

function closeDrawer() {
  $("customers").classList.remove("open");
}
