// The sheets of the phone: list, attachments, location, order, contact, form, reactions.

import { money, t } from "./i18n.js";
import { el, icon } from "./dom.js";
import { closeSheet, openSheet, toast } from "./sheet.js";
import { current, store } from "./store.js";
import * as api from "./api.js";

const CATALOG_ID = "354160437058781";
const PLACES = [
  ["Ciudad de México", "Av. Paseo de la Reforma 222, Juárez", 19.4284, -99.1629],
  ["Guadalajara", "Av. Chapultepec Norte 15, Jalisco", 20.6745, -103.3690],
  ["Bogotá", "Carrera 7 # 32-16, Colombia", 4.6180, -74.0690],
  ["Lima", "Av. José Larco 345, Miraflores", -12.1237, -77.0296],
  ["Buenos Aires", "Av. Corrientes 1234, CABA", -34.6040, -58.3850],
  ["Santiago", "Av. Providencia 1208, Chile", -33.4270, -70.6190],
  ["Madrid", "Gran Vía 28, España", 40.4203, -3.7058],
];

const submit = (title, props = {}) => el("button", { type: "submit", class: "primary", ...props }, title);

export function listSheet(message, send) {
  const action = message.message.interactive.action;
  const button = el("button", { type: "button", class: "primary", disabled: true }, t("send"));
  const body = (action.sections || []).flatMap((section) => [
    section.title ? el("h3", {}, section.title) : null,
    ...(section.rows || []).map((row) => el("label", { class: "row" }, el("b", {}, row.title),
      row.description ? el("small", {}, row.description) : null,
      el("input", { type: "radio", name: "row", value: row.id, onchange: () => { button.disabled = false; } }))),
  ]).filter(Boolean);
  const sheet = openSheet(action.button, body, [button]);
  const done = () => {
    const chosen = sheet.querySelector("input:checked");
    if (!chosen) return;
    closeSheet();
    send(chosen.value);
  };
  button.addEventListener("click", done);
  sheet.addEventListener("keydown", (event) => { if (event.key === "Enter" && event.target.type === "radio") { event.target.checked = true; done(); } });
}

export function attachSheet(choose) {
  const kinds = [["photo", "#3c78c3"], ["location", "#2b8f5a"], ["order", "#c06a12"], ["contact", "#6c59bd"]];
  const icons = { photo: "photo", location: "pin", order: "cart", contact: "person" };
  openSheet(t("attach"), [el("div", { class: "tiles" }, ...kinds.map(([kind, colour]) => {
    const circle = el("i", {}, icon(icons[kind]));
    circle.style.background = colour;
    return el("button", { type: "button", class: "tile", "data-attach": kind, onclick: () => choose(kind) }, circle, t(kind));
  }))]);
}

export function locationSheet(send) {
  const go = (place) => { closeSheet(); send({ type: "location", location: place }); };
  const places = PLACES.map(([name, address, latitude, longitude]) => el("button", {
    type: "button", class: "place-row", onclick: () => go({ latitude, longitude, name, address }),
  }, icon("pin"), el("span", {}, name, el("small", {}, address))));
  const error = el("p", { class: "error", role: "alert", hidden: true }, t("badCoordinates"));
  const field = (name) => el("label", {}, t(name), el("input", { name, inputmode: "decimal", required: true, placeholder: name === "latitude" ? "19.4326" : "-99.1332" }));
  const form = el("form", { class: "form" }, el("h3", {}, t("otherPlace")), el("div", { class: "two" }, field("latitude"), field("longitude")), error, submit(t("sendLocation")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const latitude = Number(form.elements.latitude.value.replace(",", "."));
    const longitude = Number(form.elements.longitude.value.replace(",", "."));
    error.hidden = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
    if (error.hidden) go({ latitude, longitude });
  });
  openSheet(t("sendLocation"), [el("div", { class: "place-list" }, ...places), form]);
}

export async function orderSheet(send, onlySkus) {
  try {
    store.products = await api.getCatalogue();
  } catch (error) { return toast(t("failedSend", error.message)); }
  const products = onlySkus?.length ? store.products.filter((p) => onlySkus.includes(p.sku)) : store.products;
  const counts = new Map();
  const total = el("output", {}, "");
  const button = el("button", { type: "button", class: "primary", disabled: true }, t("sendOrder"));
  const chosen = () => products.filter((p) => counts.get(p.sku) > 0);
  const change = (product, step, shown) => {
    const count = Math.min(99, Math.max(0, (counts.get(product.sku) || 0) + step));
    counts.set(product.sku, count);
    shown.textContent = count;
    button.disabled = chosen().length === 0;
    total.textContent = button.disabled ? "" : money(chosen().reduce((sum, p) => sum + p.price * counts.get(p.sku), 0), chosen()[0].currency);
  };
  const rows = products.map((p) => productRow(p, change));
  const none = el("p", { hidden: rows.length > 0 }, t("noProducts"));
  const search = el("input", { class: "search", type: "search", placeholder: t("searchProduct"), "aria-label": t("searchProduct") });
  search.addEventListener("input", () => {
    const wanted = plain(search.value);
    rows.forEach((row, i) => { row.hidden = !plain(`${products[i].name} ${products[i].sku}`).includes(wanted); });
    none.hidden = rows.some((row) => !row.hidden);
  });
  button.addEventListener("click", () => {
    closeSheet();
    send({ type: "order", order: { catalog_id: CATALOG_ID, text: "", product_items: chosen().map((p) => ({
      product_retailer_id: p.sku, quantity: counts.get(p.sku), item_price: p.price, currency: p.currency })) } });
  });
  openSheet(t("orderTitle"), [products.length > 6 ? search : null, ...rows, none].filter(Boolean), [total, button]);
}

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

function productRow(product, change) {
  const shown = el("output", {}, "0");
  const step = (sign, by, label) => el("button", { type: "button", "aria-label": t(label, product.name), onclick: () => change(product, by, shown) }, sign);
  return el("div", { class: "product", "data-sku": product.sku },
    el("i", { "aria-hidden": "true" }, product.name[0]),
    el("span", {}, el("b", {}, product.name), el("small", {}, `${money(product.price, product.currency)} · ${product.sku}`)),
    el("span", { class: "stepper" }, step("−", -1, "less"), shown, step("+", 1, "more")));
}

export function contactSheet(send) {
  const name = el("input", { name: "name", required: true, maxlength: "120" });
  const phone = el("input", { name: "phone", required: true, inputmode: "tel", pattern: "[0-9+() \\-]{7,22}", placeholder: "+52 1 55 1234 5678" });
  const form = el("form", { class: "form" }, el("label", {}, t("name"), name), el("label", {}, t("number"), phone), submit(t("send")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    closeSheet();
    const digits = phone.value.replace(/\D/g, "");
    send({ type: "contacts", contacts: [{ name: { formatted_name: name.value, first_name: name.value.split(" ")[0] },
      phones: [{ phone: phone.value, wa_id: digits, type: "CELL" }], origin: "other" }] });
  });
  openSheet(t("contact"), [form]);
}

/** The answer to request_contact_info. */
export function shareNumber(send, replyTo) {
  const customer = current();
  if (!customer.wa_id) return toast(t("noNumber"));
  send({ type: "contacts", reply_to: replyTo, contacts: [{ name: { formatted_name: customer.name, first_name: customer.name },
    phones: [{ phone: `+${customer.wa_id}`, wa_id: customer.wa_id, type: "CELL" }], origin: "contact_request" }] });
}

export function formSheet(message, send) {
  const parameters = message.message.interactive.action.parameters;
  const start = { flow_token: parameters.flow_token || "sim", ...(parameters.flow_action_payload?.data || {}) };
  const area = el("textarea", { rows: "5", spellcheck: "false" });
  area.value = JSON.stringify(start, null, 2);
  const error = el("p", { class: "error", role: "alert", hidden: true }, t("badJson"));
  const form = el("form", { class: "form" }, el("label", {}, t("formText"), area), error, submit(t("send")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    try {
      const response = JSON.parse(area.value);
      closeSheet();
      send({ type: "nfm_reply", response, reply_to: message.id });
    } catch { error.hidden = false; }
  });
  openSheet(parameters.flow_cta || t("form"), [form]);
}

export function pictureSheet(file, send) {
  const address = URL.createObjectURL(file);
  const caption = el("input", { name: "caption", placeholder: t("caption"), "aria-label": t("caption"), maxlength: "1024" });
  const preview = file.type.startsWith("image/") ? el("img", { class: "preview-picture", src: address, alt: file.name }) : el("p", {}, file.name);
  const form = el("form", { class: "form" }, preview, caption, submit(t("send")));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    closeSheet();
    try {
      const media = await api.upload(file);
      await send({ type: media.type, media_id: media.id, caption: caption.value || undefined, filename: file.name });
    } catch (error) { toast(t("tooLarge", error.message)); }
    URL.revokeObjectURL(address);
  });
  openSheet(file.name, [form]);
}

export function optionsSheet(message, { react, reply }) {
  const reactions = ["👍", "❤️", "😂", "😮", "🙏"].map((emoji) => el("button", { type: "button", "aria-label": `${t("react")} ${emoji}`,
    onclick: () => { closeSheet(); react(emoji); } }, emoji));
  const row = (name, label, go) => el("button", { type: "button", class: "menu-row", onclick: () => { closeSheet(); go(); } }, icon(name), label);
  openSheet(t("options"), [
    message.direction === "to_customer" && message.status !== "refused" ? el("div", { class: "reacts" }, ...reactions) : null,
    message.status !== "refused" ? row("back", t("reply"), reply) : null,
    row("copy", t("copy"), () => navigator.clipboard?.writeText(JSON.stringify(message.message, null, 2)).then(() => toast(t("copied")), () => {})),
  ].filter(Boolean));
}

export function customerSheet(created) {
  const field = (name, props = {}) => el("label", {}, t(name), el("input", { name, ...props }));
  const hidden = el("input", { type: "checkbox", name: "hidden" });
  const error = el("p", { class: "error", role: "alert", hidden: true });
  const form = el("form", { class: "form" }, field("name", { required: true, maxlength: "80", placeholder: "Luis, Colombia" }),
    field("number", { inputmode: "tel", placeholder: "573001234567" }), field("username", { maxlength: "60", placeholder: "luis.co" }),
    el("label", { class: "check" }, hidden, t("hidden")), error, submit(t("create")));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const values = form.elements;
    try {
      const customer = await api.createCustomer({
        name: values.name.value, wa_id: values.number.value.replace(/\D/g, "") || undefined,
        username: values.username.value.replace(/^@/, "") || undefined, phone_visible: !hidden.checked,
      });
      closeSheet();
      created(customer);
    } catch (problem) {
      error.textContent = problem.message;
      error.hidden = false;
    }
  });
  openSheet(t("newCustomer"), [form]);
}
