"use strict";
/* Numbers as a person of that language reads them. */
let currency = "MXN";

const LOCALES = { es: "es-MX", en: "en-US", pt: "pt-BR" };

function number(value, digits = 0) {
  if (value === null || value === undefined || Number.isNaN(value)) return "—";
  return new Intl.NumberFormat(LOCALES[language], { maximumFractionDigits: digits }).format(value);
}

/* Minor units: a currency without decimals has none. */
function money(minor) {
  if (minor === null || minor === undefined) return "—";
  const format = new Intl.NumberFormat(LOCALES[language], { style: "currency", currency });
  const digits = format.resolvedOptions().maximumFractionDigits;
  return format.format(minor / 10 ** digits);
}

function usd(value) {
  if (!value) return "US$0";
  const digits = value < 0.1 ? 4 : 2;
  return "US$" + new Intl.NumberFormat(LOCALES[language],
    { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

function percent(share, digits = 1) {
  if (share === null || share === undefined) return "—";
  return new Intl.NumberFormat(LOCALES[language], { style: "percent", maximumFractionDigits: digits }).format(share);
}

function milliseconds(value) {
  return value === null || value === undefined ? "—" : number(value, value < 10 ? 1 : 0) + " ms";
}

function clock(milliseconds) {
  return new Date(milliseconds).toLocaleTimeString(LOCALES[language], { hour: "2-digit", minute: "2-digit", hour12: false });
}

/* An element with its text or children. Texts are set as text: nothing that a customer
   wrote is ever read as HTML. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "class") made.className = value;
    else if (key === "width") made.style.width = value;
    else made.setAttribute(key, value === true ? "" : value);
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined) made.append(child);
  }
  return made;
}
