// Small helpers: elements without innerHTML, icons drawn here, text as WhatsApp formats it.

export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name in node && typeof value !== "string") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

const PATHS = {
  send: ["M4 12 3.5 4.3 21 12 3.5 19.7zM4 12h9", 1.8],
  attach: ["M12 5v14M5 12h14", 2],
  smile: ["M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8.5 14.5c1.8 2.4 5.2 2.4 7 0M9 9.5v.4M15 9.5v.4", 1.7],
  close: ["M6 6l12 12M18 6 6 18", 2],
  down: ["m6 9.5 6 6 6-6", 2],
  code: ["m8.5 7-5 5 5 5M15.5 7l5 5-5 5M13.5 5l-3 14", 1.8],
  people: ["M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c.4-4 3-6 6.5-6s6.1 2 6.5 6M16 4.5a3.3 3.3 0 0 1 0 6.3M18 14.5c2 .8 3.3 2.6 3.5 5.5", 1.7],
  shop: ["M4 10v9.5h16V10M3 9.5l1.6-5h14.8l1.6 5a2.8 2.8 0 0 1-5.4.6 3 3 0 0 1-5.6.2H10a3 3 0 0 1-5.6-.2M9.5 19.5v-5h5v5", 1.6],
  list: ["M9 6.5h11M9 12h11M9 17.5h11M4.5 6.5h.1M4.5 12h.1M4.5 17.5h.1", 2.2],
  back: ["M10 7 4.5 12 10 17M5 12h8.5c3.5 0 6 2 6 6", 1.9],
  link: ["M13 5h6v6M19 5l-8.5 8.5M17 14v4.5H5.5V7H10", 1.9],
  pin: ["M12 21.5c4.5-5 7-8.6 7-12a7 7 0 0 0-14 0c0 3.4 2.5 7 7 12zM12 12a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z", 1.7],
  cart: ["M3 4.5h2.5l2.6 10.8h9.7L20 8H6.5M9.5 19.8h.1M16.5 19.8h.1", 1.9],
  photo: ["M4 5.5h16v13H4zM4.5 16l4.5-4.5 4 4 2.5-2.5 4 4M15.5 9.5h.1", 1.7],
  file: ["M7 3.5h7l4 4v13H7zM14 3.5v4h4", 1.7],
  person: ["M12 11.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5c.5-4.5 3.5-6.5 7.5-6.5s7 2 7.5 6.5", 1.8],
  form: ["M6 3.5h12v17H6zM9 8h6M9 12h6M9 16h3.5", 1.7],
  warn: ["M12 4 2.8 20h18.4zM12 10v4.5M12 17.3v.1", 1.8],
  out: ["M6 18 18 6M9 6h9v9", 2.4],
  in: ["M18 6 6 18M6 9v9h9", 2.4],
  dot: ["M5 12.5l4.5 4.5L19 7.5", 2.6],
  copy: ["M9 9h11v11.5H9zM5 15H4V3.5h11V5", 1.7],
};
const SVG = "http://www.w3.org/2000/svg";

export function svg(viewBox, ...shapes) {
  const root = document.createElementNS(SVG, "svg");
  root.setAttribute("viewBox", viewBox);
  root.setAttribute("aria-hidden", "true");
  for (const [tag, attributes] of shapes) {
    const shape = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, value);
    root.append(shape);
  }
  return root;
}

export function icon(name) {
  const [d, width] = PATHS[name];
  return svg("0 0 24 24", ["path", {
    d, fill: "none", stroke: "currentColor", "stroke-width": width,
    "stroke-linecap": "round", "stroke-linejoin": "round",
  }]);
}

export function ticks(status) {
  const line = (d) => ["path", { d, fill: "none", stroke: "currentColor", "stroke-width": 1.5, "stroke-linecap": "round", "stroke-linejoin": "round" }];
  const drawn = {
    accepted: [["circle", { cx: 8, cy: 5.5, r: 4.5, fill: "none", stroke: "currentColor", "stroke-width": 1.2 }], line("M8 3v2.7l1.7 1")],
    sent: [line("m4 6 2.7 2.7L12 2.5")],
    delivered: [line("m1 6 2.7 2.7L9 2.5"), line("m7.3 8.2.5.5L13.5 2.5")],
    failed: [["circle", { cx: 8, cy: 5.5, r: 4.8, fill: "currentColor" }], ["path", { d: "M8 3v3M8 7.8v.1", stroke: "#fff", "stroke-width": 1.4, "stroke-linecap": "round" }]],
  };
  return svg("0 0 16 11", ...(drawn[status === "read" ? "delivered" : status] || drawn.accepted));
}

/** The simulator's own payment pages open through a tunnel too, where its address is another one. */
export function reachable(link) {
  try {
    const url = new URL(link);
    const own = ["127.0.0.1", "localhost"].includes(url.hostname) && url.pathname.startsWith("/pay/page/");
    return own ? url.pathname.slice(1) : link;
  } catch { return link; }
}

const INLINE = [
  ["```", /```([\s\S]+?)```/, (m) => el("pre", {}, m[1].replace(/^\n|\n$/g, ""))],
  ["`", /`([^`\n]+)`/, (m) => el("code", {}, m[1])],
  ["http", /https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]]/i, (m) => el("a", { href: reachable(m[0]), target: "_blank", rel: "noopener noreferrer" }, m[0])],
  ["*", /(?<![\p{L}\p{N}*])\*(\S(?:[^*\n]*\S)?)\*(?![\p{L}\p{N}*])/u, (m) => el("strong", {}, ...format(m[1]))],
  ["_", /(?<![\p{L}\p{N}_])_(\S(?:[^_\n]*\S)?)_(?![\p{L}\p{N}_])/u, (m) => el("em", {}, ...format(m[1]))],
  ["~", /(?<![\p{L}\p{N}~])~(\S(?:[^~\n]*\S)?)~(?![\p{L}\p{N}~])/u, (m) => el("s", {}, ...format(m[1]))],
];

/** WhatsApp's marks as nodes; whatever comes first in the text goes first. */
export function format(text) {
  let first = null;
  for (const [hint, pattern, make] of INLINE) {
    if (!text.includes(hint) && hint !== "http") continue;
    const match = pattern.exec(text);
    if (match && (!first || match.index < first.match.index)) first = { match, make };
  }
  if (!first) return text ? [text] : [];
  const end = first.match.index + first.match[0].length;
  return [text.slice(0, first.match.index), first.make(first.match), ...format(text.slice(end))];
}

const ONLY_EMOJI = /^(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\u200d|\ufe0f|\p{RI}){1,12}$/u;
export const isBigEmoji = (text) => text.length <= 24 && ONLY_EMOJI.test(text);

export const initials = (name) => name.trim().split(/\s+/).slice(0, 2).map((w) => [...w][0] || "").join("").toUpperCase() || "?";
export const hue = (id) => `hue-${[...id].reduce((sum, c) => sum + c.charCodeAt(0), 0) % 6}`;
