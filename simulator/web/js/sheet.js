// A sheet that rises in the phone: the rest is inert, Escape closes it, the focus goes back.

import { t } from "./i18n.js";
import { el, icon } from "./dom.js";

const wrap = () => document.getElementById("sheet-wrap");
let opener = null;

function setInert(on) {
  for (const sibling of document.getElementById("phone").children) {
    if (sibling !== wrap() && sibling.id !== "toast") sibling.inert = on;
  }
}

export function closeSheet() {
  if (wrap().hidden) return;
  wrap().hidden = true;
  wrap().replaceChildren();
  setInert(false);
  if (opener?.isConnected) opener.focus({ preventScroll: true });
  opener = null;
}

/** body: nodes; foot: nodes of the fixed bar below, or nothing. */
export function openSheet(title, body, foot) {
  const from = opener || document.activeElement;
  wrap().replaceChildren();
  const heading = el("h2", { id: "sheet-title", tabindex: "-1" }, title);
  const close = el("button", { type: "button", class: "icon", "aria-label": t("close"), onclick: closeSheet }, icon("close"));
  const sheet = el("section", { class: "sheet", role: "dialog", "aria-modal": "true", "aria-labelledby": "sheet-title" },
    el("div", { class: "sheet-head" }, heading, close), el("div", { class: "sheet-body" }, ...body),
    foot ? el("div", { class: "sheet-foot" }, ...foot) : null);
  wrap().append(sheet);
  wrap().hidden = false;
  setInert(true);
  opener = from;
  const first = sheet.querySelector(".sheet-body input:not([type=hidden]), .sheet-body button, .sheet-body textarea");
  (first && !matchMedia("(hover: none)").matches ? first : heading).focus({ preventScroll: true });
  return sheet;
}

export function toast(text) {
  const node = document.getElementById("toast");
  node.textContent = text;
  node.hidden = false;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { node.hidden = true; }, 4000);
}

export function initSheets() {
  wrap().addEventListener("mousedown", (event) => { if (event.target === wrap()) closeSheet(); });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") closeSheet(); });
}
