// One message as a bubble, with what can be pressed under it.

import { clock, money, t } from "./i18n.js";
import { el, format, icon, isBigEmoji, reachable, svg, ticks } from "./dom.js";
import { conversation, store } from "./store.js";

const BUTTON_ICONS = { button: "back", template_button: "back" };

export function summary(message) {
  if (message.text) return message.text.replace(/```|[*_~](?=\S)|(?<=\S)[*_~]/g, "").replace(/\s+/g, " ");
  if (message.type === "order") return `🛒 ${countItems(message)}`;
  if (message.type === "location") return `📍 ${t("location")}`;
  if (message.type === "contacts") return `👤 ${t("contact")}`;
  const names = { image: "📷", video: "🎬", audio: "🎧", document: "📄", sticker: "" };
  return message.type in names ? `${names[message.type]} ${t(message.type)}` : t("unsupported", message.type);
}

function countItems(message) {
  const count = (message.message.order?.product_items || []).reduce((n, i) => n + Number(i.quantity || 0), 0);
  return t(count === 1 ? "item" : "items", count);
}

function text(value, name = "text") {
  return el("div", { class: isBigEmoji(value) ? `${name} big` : name }, ...format(value));
}

function mediaSource(media) {
  if (media.id) return `sim/media/${media.id}`;
  try {
    const url = new URL(media.link);
    // The simulator's own pictures show through a tunnel too, where its address is another one.
    if (url.pathname.startsWith("/media-demo/")) return url.pathname.slice(1);
    return ["127.0.0.1", "localhost"].includes(url.hostname) || url.origin === location.origin ? media.link : null;
  } catch { return null; }
}

function missing(kind, link) {
  return el("a", { class: "missing", href: link, target: "_blank", rel: "noopener noreferrer" },
    icon("photo"), el("span", {}, t(kind), el("small", {}, `${t("pictureAt")} ${link || ""}`)));
}

function media(kind, content) {
  const source = mediaSource(content);
  if (!source && kind !== "document") return missing(kind, content.link);
  if (kind === "image") {
    const image = el("img", { src: source, alt: content.caption || t("image"), loading: "lazy" });
    const link = el("a", { class: "media", href: source, target: "_blank", rel: "noopener" }, image);
    image.addEventListener("error", () => link.replaceWith(missing(kind, content.link || source)));
    return link;
  }
  if (kind === "video") return el("div", { class: "media" }, el("video", { src: source, controls: true, preload: "metadata" }));
  if (kind === "audio") return el("audio", { src: source, controls: true, preload: "none" });
  if (kind === "sticker") return el("img", { class: "sticker", src: source, alt: t("sticker") });
  return el("a", { class: "file", href: source || content.link, target: "_blank", rel: "noopener noreferrer" },
    icon("file"), el("span", {}, content.filename || t("document"), el("small", {}, content.mime_type || content.link || "")));
}

function map() {
  const road = (d, width) => ["path", { d, fill: "none", stroke: "#fff", "stroke-width": width, "stroke-linecap": "round" }];
  return el("div", { class: "map" }, svg("0 0 250 116",
    ["rect", { width: 250, height: 116, fill: "#e4ead9" }],
    ["path", { d: "M0 78c60-22 90 16 140-2s70-38 110-30v70H0z", fill: "#cfe3bd" }],
    ["path", { d: "M182 0c-8 30 18 40 10 62s14 34 8 54h50V0z", fill: "#bcdcf0" }],
    road("M-5 34h190", 9), road("M58-5l22 126", 7), road("M128-5l-14 126", 6), road("M-5 96l200-18", 5), road("M20-5 8 121", 4),
    ["ellipse", { cx: 122, cy: 82, rx: 9, ry: 3, fill: "rgba(0,0,0,.2)" }],
    ["path", { d: "M122 81c12-15 17-23 17-31a17 17 0 0 0-34 0c0 8 5 16 17 31z", fill: "#e2483d" }],
    ["circle", { cx: 122, cy: 50, r: 6.5, fill: "#fff" }]));
}

function locationCard(place) {
  const point = `${Number(place.latitude).toFixed(5)}, ${Number(place.longitude).toFixed(5)}`;
  return [map(), el("div", { class: "place" }, el("b", {}, place.name || t("location")), el("small", {}, place.address || point))];
}

function orderCard(message) {
  const items = message.message.order?.product_items || [];
  const total = items.reduce((sum, i) => sum + Number(i.item_price) * Number(i.quantity), 0);
  const names = new Map((store.products || []).map((p) => [p.sku, p.name]));
  return el("div", { class: "card" },
    el("div", { class: "title" }, icon("cart"), el("span", {}, el("b", {}, t("yourOrder")),
      el("small", {}, `${countItems(message)} · ${money(total, items[0]?.currency)}`))),
    el("ul", {}, ...items.map((i) => el("li", {}, `${i.quantity} × ${names.get(i.product_retailer_id) || i.product_retailer_id}`,
      el("span", {}, money(i.item_price * i.quantity, i.currency))))));
}

function contactCards(contacts) {
  return (contacts || []).map((c) => el("div", { class: "card" }, el("div", { class: "title" }, icon("person"),
    el("span", {}, el("b", {}, c.name?.formatted_name || "?"), el("small", {}, c.phones?.[0]?.phone || "")))));
}

function productCard(interactive) {
  const action = interactive.action || {};
  const skus = action.product_retailer_id ? [action.product_retailer_id]
    : (action.sections || []).flatMap((s) => (s.product_items || []).map((i) => i.product_retailer_id));
  const known = new Map((store.products || []).map((p) => [p.sku, p]));
  return el("div", { class: "card" },
    el("div", { class: "title" }, icon("cart"), el("span", {}, el("b", {}, interactive.header?.text || t("catalogue")),
      el("small", {}, t(skus.length === 1 ? "item" : "items", skus.length)))),
    el("ul", {}, ...skus.slice(0, 4).map((sku) => el("li", {}, known.get(sku)?.name || sku,
      el("span", {}, known.has(sku) ? money(known.get(sku).price, known.get(sku).currency) : "")))));
}

function interactiveContent(content) {
  const parts = [];
  const header = content.header;
  if (["product", "product_list"].includes(content.type)) parts.push(productCard(content));
  else if (header?.type === "text") parts.push(el("div", { class: "b-head" }, ...format(header.text || "")));
  else if (header) parts.push(media(header.type, header[header.type] || {}));
  const reply = content.button_reply || content.list_reply;
  if (reply) {
    parts.push(text(reply.title || ""));
    if (reply.description) parts.push(el("div", { class: "b-foot" }, reply.description));
  } else if (content.nfm_reply) parts.push(el("div", { class: "card" }, el("div", { class: "title" }, icon("form"), el("b", {}, t("form")))));
  if (content.body?.text) parts.push(text(content.body.text));
  if (content.footer?.text) parts.push(el("div", { class: "b-foot" }, content.footer.text));
  return parts;
}

function content(message) {
  const body = message.message;
  const own = body[message.type] || {};
  if (message.type in { image: 1, video: 1, audio: 1, document: 1, sticker: 1 }) {
    return [media(message.type, own), own.caption ? text(own.caption) : null];
  }
  if (message.type === "interactive") return interactiveContent(own);
  if (message.type === "location") return locationCard(own);
  if (message.type === "order") return [orderCard(message), own.text ? text(own.text) : null];
  if (message.type === "contacts") return contactCards(own);
  if (message.type === "template") return templateContent(message, own);
  return [text(message.text || t("unsupported", message.type))];
}

function templateContent(message, template) {
  const header = (template.components || []).find((c) => String(c.type).toLowerCase() === "header")?.parameters?.[0];
  const parts = [];
  if (header?.text) parts.push(el("div", { class: "b-head" }, header.text));
  else if (header && header[header.type]) parts.push(media(header.type, header[header.type]));
  return [...parts, text(message.text), el("div", { class: "b-foot" }, template.name)];
}

function quote(message) {
  const id = message.message.context?.id || message.message.context?.message_id;
  if (!id) return null;
  const original = conversation(message.customer_id)?.get(id);
  if (!original) return null;
  const who = original.direction === "from_customer" ? t("you") : t("shop");
  return el("button", { class: "quote", type: "button", "data-goto": id }, el("b", {}, who), el("span", {}, summary(original).slice(0, 160)));
}

export function meta(message) {
  const out = message.direction === "from_customer";
  const label = out ? t(`${message.status}In`) : t(message.status);
  const node = el("span", { class: "meta" }, el("time", { datetime: new Date(message.timestamp * 1000).toISOString() }, clock(message.timestamp)));
  if (out || message.status === "failed") {
    node.append(el("span", { class: message.status, title: label }, ticks(message.status)), el("span", { class: "sr" }, label));
  }
  return node;
}

function refusal(message) {
  if (!message.error) return null;
  const refused = message.status === "refused";
  return el("div", { class: "refusal" },
    el("b", {}, icon("warn"), refused ? t("refused") : t("notDelivered")),
    el("code", {}, message.error.message),
    el("small", {}, message.error.error_data?.details || ""),
    refused ? el("small", {}, t("refusedNote")) : null);
}

const SPECIAL = {
  list: (c) => ["list", c.action?.button], flow: (c) => ["form", c.action?.parameters?.flow_cta],
  location_request_message: () => ["pin", t("sendLocation")], request_contact_info: () => ["person", t("shareNumber")],
  product: () => ["cart", t("seeItems")], product_list: () => ["cart", t("seeItems")], catalog_message: () => ["cart", t("seeItems")],
};

function actions(message) {
  if (message.direction !== "to_customer") return null;
  if (message.status === "refused") return refusedActions(message);
  const interactive = message.message.interactive;
  const buttons = message.actions.filter((a) => a.kind in BUTTON_ICONS).map((a) => el("button", {
    type: "button", class: store.pressed.has(`${message.id} ${a.id}`) ? "action pressed" : "action", "data-press": a.id,
  }, icon("back"), a.title || a.id));
  if (interactive?.type in SPECIAL) {
    const [name, title] = SPECIAL[interactive.type](interactive);
    buttons.push(el("button", { type: "button", class: "action", "data-open": interactive.type, "aria-haspopup": "dialog" }, icon(name), title || ""));
  }
  if (interactive?.type === "cta_url") {
    const { url, display_text: title } = interactive.action?.parameters || {};
    buttons.push(el("a", { class: "action", href: reachable(url), target: "_blank", rel: "noopener noreferrer" }, icon("link"), title || url));
  }
  return buttons.length ? el("div", { class: "actions" }, ...buttons) : null;
}

/** What the customer would have got to press, so that a builder sees which title is wrong. */
function refusedActions(message) {
  const { action } = message.message.interactive || {};
  const titles = [action?.button, action?.parameters?.display_text, ...message.actions.map((a) => a.title)];
  const shown = titles.filter((title) => typeof title === "string").slice(0, 12);
  return shown.length ? el("div", { class: "actions" }, ...shown.map((title) => el("span", { class: "action" }, title, el("small", {}, String([...title].length))))) : null;
}

/** The list item of a message; `turn` starts a speaker's turn and gets the tail. */
export function bubble(message, { turn = false, isNew = false, reaction = "" } = {}) {
  const out = message.direction === "from_customer";
  const system = message.type === "system";
  const parts = [content(message)].flat().filter(Boolean);
  // The time floats into the last line of the text, as on the phone.
  const last = parts.at(-1);
  if (last?.matches?.(".text, .b-foot")) last.append(meta(message));
  else parts.push(meta(message));
  const names = ["msg", out && !system ? "out" : "in", turn ? "turn" : "", isNew ? "new" : "", system ? "system" : "",
    message.status === "refused" ? "refused" : ""].filter(Boolean).join(" ");
  return el("li", { class: names, "data-id": message.id },
    el("div", { class: "bubble" },
      el("span", { class: "sr" }, `${out ? t("you") : t("shop")}: `),
      el("div", { class: "shown" }, quote(message), ...parts),
      refusal(message),
      system ? null : el("button", { type: "button", class: "msg-menu", "data-menu": message.id, "aria-label": t("options"), "aria-haspopup": "dialog" }, icon("down"))),
    reaction ? el("span", { class: "reaction" }, reaction) : null,
    actions(message));
}
