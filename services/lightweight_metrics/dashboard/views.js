"use strict";
/* What each view shows of the numbers. A view is built once and then only its parts are
   renewed, so that focus and scroll stay where they are. */
const VIEWS = { shop: showShop, reports: showReports, operator: showOperator };
const REPORTS = ["sales", "funnel", "products", "searches", "intents", "customers", "delivery", "hours", "costs"];
let shown = null;

function forgetView() {
  shown = null;
  forgetHour();
}

/* The place of a part; the view's whole frame is made where it isn't there yet. */
function part(place, name, build) {
  if (shown !== name) {
    forgetHour();
    place.replaceChildren(build());
    shown = name;
  }
  return (id) => place.querySelector(`[data-part="${id}"]`);
}

function card(id, title, help, width = "half") {
  return element("section", { class: "card " + width, "aria-label": text(title) },
    element("h2", {}, text(title)),
    help ? element("p", { class: "help" }, text(help)) : null,
    element("div", { "data-part": id }));
}

function nothing() {
  return element("p", { class: "empty" }, text("none_yet"));
}

/* Rows of [name, count, more...] with a bar behind the name, as a table. */
function ranking(rows, heads) {
  if (!rows?.length) return nothing();
  const most = Math.max(...rows.map((row) => row[1]), 1);
  return element("div", { class: "scroll" }, element("table", {},
    element("thead", {}, element("tr", {}, heads.map((head, at) =>
      element("th", { scope: "col", class: at > 0 ? "number" : null }, text(head))))),
    element("tbody", {}, rows.map(([name, count, ...more]) => element("tr", {},
      element("th", { scope: "row", class: "bar" },
        element("span", { width: (100 * count / most).toFixed(1) + "%", "aria-hidden": "true" }), element("span", {}, name)),
      element("td", { class: "number" }, number(count)),
      more.map((value) => element("td", { class: "number" }, value)))))));
}

function figure(label, value, note) {
  return element("div", {}, element("dt", {}, text(label)),
    element("dd", {}, value, note ? element("span", { class: "note" }, " " + note) : null));
}

function figures(today) {
  const csat = today.csat?.count ? number(today.csat.average, 2) + "/5" : "—";
  return [
    figure("sales_today", money(today.sales_minor)),
    figure("orders_today", number(today.paid_orders), text("of_orders", { n: number(today.orders) })),
    figure("average", money(today.average_order_minor)),
    figure("customers_today", number(today.customers)),
    figure("messages_today", number(today.messages)),
    figure("carts_left", number(today.carts_left)),
    figure("limited_today", number(today.limited)),
    figure("csat", csat, today.csat?.count ? text("csat_note", { n: number(today.csat.count) }) : null)
  ];
}

function funnel(steps) {
  const most = Math.max(...steps.map((step) => step.customers), 1);
  const first = steps[0]?.customers || 0;
  return element("ol", { class: "funnel" }, steps.map((step) => element("li", {},
    element("span", {}, text("step_" + step.step)),
    element("span", { class: "track", "aria-hidden": "true" },
      element("span", { class: "fill", width: (100 * step.customers / most).toFixed(1) + "%" })),
    element("span", {}, element("b", {}, number(step.customers)), " ",
      element("small", {}, first ? percent(step.customers / first, 0) : "")))));
}

function hourTable(minutes) {
  const busy = minutes.filter((minute) => minute.messages > 0).slice(-15);
  return element("details", {}, element("summary", {}, text("table_of")),
    element("table", {}, element("thead", {}, element("tr", {},
      ["minute", "messages", "p50", "p95"].map((head) => element("th", { scope: "col" }, text(head))))),
    element("tbody", {}, busy.map((minute) => element("tr", {},
      element("th", { scope: "row" }, clock(minute.at)),
      element("td", {}, number(minute.messages)), element("td", {}, number(minute.p50_ms)), element("td", {}, number(minute.p95_ms)))))));
}

function costRows(costs) {
  const whatsapp = (costs?.whatsapp ?? []).map((row) => ["WhatsApp · " + row.category, row.count, usd(row.cost_usd)]);
  const models = (costs?.models ?? []).map((row) => [row.model, row.count, usd(row.cost_usd)]);
  return [...whatsapp, ...models];
}

function buildShop() {
  return element("div", { class: "grid" },
    element("dl", { class: "figures", "data-part": "figures" }),
    card("hour", "hour_title", "hour_help", "two-thirds"),
    card("funnel", "funnel_title", "funnel_help", "third"),
    card("zero", "zero_title", "zero_help"), card("searches", "searches_title", null),
    card("intents", "intents_title", null), card("sources", "sources_title", null),
    card("products", "products_title", null), card("costs", "costs_title", "costs_help"),
    card("delivery", "delivery_title", null));
}

function showShop(place, now) {
  const at = part(place, "shop", () => buildShop());
  const terms = (rows) => (rows ?? []).map((row) => [row.term, row.count]);
  const hour = at("hour");
  if (!hour.querySelector(".plot")) {
    hour.replaceChildren(element("div", { class: "plot", role: "img", "aria-label": text("hour_help") }), element("div", { "data-part": "hour-table" }));
  }
  at("figures").replaceChildren(...figures(now.today));
  drawHour(hour.querySelector(".plot"), now.minutes ?? []);
  if (!at("hour-table").querySelector("details[open]")) at("hour-table").replaceChildren(hourTable(now.minutes ?? []));
  at("funnel").replaceChildren(funnel(now.funnel ?? []));
  at("zero").replaceChildren(ranking(terms(now.zero_searches), ["what", "count"]));
  at("searches").replaceChildren(ranking(terms(now.searches), ["what", "count"]));
  at("intents").replaceChildren(ranking((now.intents ?? []).map((row) => [row.intent, row.count]), ["what", "count"]));
  at("sources").replaceChildren(ranking((now.intent_sources ?? []).map((row) => [row.source, row.count, usd(row.cost_usd)]), ["what", "count", "cost"]));
  at("products").replaceChildren(ranking((now.products ?? []).map((row) => [row.name ?? row.term, row.count]), ["what", "count"]));
  at("costs").replaceChildren(ranking(costRows(now.costs), ["what", "count", "cost"]));
  at("delivery").replaceChildren(ranking((now.delivery ?? []).map((row) => [row.status, row.count]), ["what", "count"]));
}

const STATES = { good: "● ", warn: "▲ ", bad: "■ ", none: "○ " };

function state(name) {
  return element("span", { class: "state " + name }, element("span", { "aria-hidden": "true" }, STATES[name]), text(name));
}

function ofMetric(metric, value) {
  if (value === null || value === undefined) return "—";
  if (metric.unit === "ms") return milliseconds(value);
  if (metric.unit === "share") return percent(value, 2);
  return number(value, 2);
}

function successTable(metrics) {
  return element("div", { class: "scroll" }, element("table", {},
    element("thead", {}, element("tr", {}, ["metric", "now", "target", "critical", "state"].map((head, at) =>
      element("th", { scope: "col", class: at > 0 && at < 4 ? "number" : null }, text(head))))),
    element("tbody", {}, metrics.map((metric) => element("tr", {},
      element("th", { scope: "row" }, textOr(metric.name, metric.name)),
      element("td", { class: "number" }, ofMetric(metric, metric.now)),
      element("td", { class: "number" }, metric.comparison + " " + ofMetric(metric, metric.target)),
      element("td", { class: "number" }, ofMetric(metric, metric.critical)),
      element("td", {}, state(metric.state)))))));
}

function serviceTable(services) {
  const kinds = { up: "good", degraded: "warn", down: "bad" };
  if (!services?.length) return nothing();
  return element("div", { class: "scroll" }, element("table", {},
    element("thead", {}, element("tr", {}, ["service", "state", "latency"].map((head, at) =>
      element("th", { scope: "col", class: at === 2 ? "number" : null }, text(head))))),
    element("tbody", {}, services.map((service) => element("tr", {},
      element("th", { scope: "row" }, service.name),
      element("td", {}, element("span", { class: "state " + kinds[service.state] },
        element("span", { "aria-hidden": "true" }, STATES[kinds[service.state]]), text(service.state)),
        service.error ? element("div", { class: "help" }, service.error) : null),
      element("td", { class: "number" }, milliseconds(service.latency_ms)))))));
}

function migrationTable(migration) {
  const rows = ["messages", "replies", "p50_ms", "p95_ms", "failed", "error_rate", "paid"];
  const shown = (name, value) => name === "error_rate" ? percent(value, 2) : number(value);
  return element("div", { class: "scroll" }, element("table", {},
    element("thead", {}, element("tr", {}, element("td"), ["mvp", "full"].map((head) => element("th", { scope: "col", class: "number" }, text(head))))),
    element("tbody", {}, rows.map((name) => element("tr", {},
      element("th", { scope: "row" }, text("m_" + name.replace("_ms", ""))),
      ["mvp", "full"].map((path) => element("td", { class: "number" }, shown(name, migration?.[path]?.[name]))))))));
}

function showOperator(place, now) {
  const at = part(place, "operator", () => element("div", { class: "grid" },
    card("success", "success_title", "success_help", "two-thirds"), card("services", "services_title", null, "third"),
    card("migration", "migration_title", "migration_help"), card("delivery", "delivery_title", null)));
  at("success").replaceChildren(successTable(now.success_metrics ?? []));
  at("services").replaceChildren(serviceTable(now.services));
  at("migration").replaceChildren(migrationTable(now.migration));
  at("delivery").replaceChildren(ranking((now.delivery ?? []).map((row) => [row.status, row.count]), ["what", "count"]));
}

function day(offset) {
  const at = new Date(Date.now() + offset * 86400000);
  return at.toLocaleDateString("sv-SE", { timeZone: live?.timezone ?? undefined });
}

function reportName(place) {
  return place.querySelector("[name=report]").value;
}

function askReport(place, format) {
  const day = (name) => place.querySelector(`[name=${name}]`).value;
  return ask(`v1/reports/${reportName(place)}?from=${day("from")}&to=${day("to")}&format=${format}`);
}

async function loadReport(place) {
  const answer = await askReport(place, "json");
  const out = place.querySelector('[data-part="report"]');
  if (!answer.ok) {
    out.replaceChildren(element("p", { class: "problem", role: "alert" }, text("problem", { reason: "HTTP " + answer.status })));
    return;
  }
  const rows = (await answer.json()).rows ?? [];
  const columns = rows.length ? Object.keys(rows[0]) : [];
  out.replaceChildren(rows.length === 0 ? element("p", { class: "empty" }, text("none_then")) : element("div", { class: "scroll" }, element("table", {},
    element("thead", {}, element("tr", {}, columns.map((column) => element("th", { scope: "col" }, textOr(column, column))))),
    element("tbody", {}, rows.map((row) => element("tr", {}, columns.map((column) =>
      element("td", { class: typeof row[column] === "number" ? "number" : null },
        typeof row[column] !== "number" ? String(row[column] ?? "") : column.endsWith("_minor") ? money(row[column]) : number(row[column], 4)))))))));
}

/* A link can't send the bearer token, so the file is fetched and handed over. */
async function downloadReport(place) {
  const answer = await askReport(place, "csv");
  const link = element("a", { href: URL.createObjectURL(await answer.blob()), download: `${reportName(place)}.csv` });
  link.click();
  URL.revokeObjectURL(link.href);
}

function showReports(place) {
  if (shown === "reports") return;
  part(place, "reports", () => element("div", { class: "grid" },
    element("div", { class: "filters" },
      element("label", {}, text("report"), element("select", { name: "report" },
        REPORTS.map((name) => element("option", { value: name }, text(name))))),
      element("label", {}, text("from"), element("input", { type: "date", name: "from", value: day(-6) })),
      element("label", {}, text("to"), element("input", { type: "date", name: "to", value: day(0) })),
      element("button", { type: "button", "data-do": "download" }, text("download_csv"))),
    element("section", { class: "card" }, element("div", { "data-part": "report", "aria-live": "polite" }))));
  place.querySelector(".filters").addEventListener("change", () => loadReport(place));
  place.querySelector("[data-do=download]").addEventListener("click", () => downloadReport(place));
  loadReport(place);
}
