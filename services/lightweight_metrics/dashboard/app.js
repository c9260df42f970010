"use strict";
/* Signs in, keeps the connection, and shows what comes. */
const TOKEN_KEY = "token";
const LANGUAGE_KEY = "language";
const RETRY_MS_MAX = 15000;
let live = null;
let stream = null;
let retryMs = 1000;

function token() {
  return sessionStorage.getItem(TOKEN_KEY);
}

function ask(path, options = {}) {
  const headers = token() ? { Authorization: "Bearer " + token() } : {};
  return fetch(path, { ...options, headers, cache: "no-store" });
}

function setLive(state) {
  const place = document.getElementById("live");
  place.className = "live " + (state === "live" ? "on" : state === "live_off" ? "off" : "");
  const said = document.getElementById("live-text");
  if (said.textContent !== text(state)) said.textContent = text(state);
}

function showProblem(reason) {
  const place = document.getElementById("problem");
  place.hidden = !reason;
  place.textContent = reason ? text("problem", { reason }) : "";
}

function view() {
  const name = location.hash.replace(/^#|-view$/g, "");
  return VIEWS[name] ? name : "shop";
}

function translate() {
  document.documentElement.lang = language;
  for (const place of document.querySelectorAll("[data-text]")) place.textContent = text(place.dataset.text);
  for (const place of document.querySelectorAll("[data-label]")) place.setAttribute("aria-label", text(place.dataset.label));
  document.title = live?.shop_name ? live.shop_name : text("title");
  if (live?.shop_name) document.getElementById("shop").textContent = live.shop_name;
}

function show() {
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.view === view()) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (!live) return;
  currency = live.currency ?? currency;
  translate();
  VIEWS[view()](document.getElementById("view"), live);
}

function showLogin(wrong) {
  stream?.abort();
  document.getElementById("login").hidden = false;
  document.getElementById("view").hidden = true;
  showProblem(null);
  if (wrong) {
    const place = document.getElementById("problem");
    place.hidden = false;
    place.textContent = text("login_wrong");
  }
  document.getElementById("token").focus();
}

function take(answer) {
  live = answer;
  document.getElementById("login").hidden = true;
  document.getElementById("view").hidden = false;
  showProblem(null);
  show();
}

/* Server-sent events, read by fetch: EventSource can't send a bearer token. */
async function listen() {
  stream = new AbortController();
  const answer = await ask("v1/stream", { signal: stream.signal });
  if (answer.status === 401) return "login";
  if (!answer.ok || !answer.body) throw new Error("HTTP " + answer.status);
  setLive("live");
  retryMs = 1000;
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Error("closed");
    waiting += value;
    const parts = waiting.split("\n\n");
    waiting = parts.pop();
    for (const part of parts) {
      const data = part.split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5)).join("\n");
      if (data) take(JSON.parse(data));
    }
  }
}

async function run() {
  setLive("live_wait");
  for (;;) {
    try {
      const first = await ask("v1/live");
      if (first.status === 401) return showLogin(token() !== null);
      if (!first.ok) throw new Error("HTTP " + first.status);
      take(await first.json());
      if (await listen() === "login") return showLogin(true);
    } catch (error) {
      if (error.name === "AbortError") return;
      setLive("live_off");
      if (!live) showProblem(error.message);
    }
    await new Promise((resume) => setTimeout(resume, retryMs));
    retryMs = Math.min(retryMs * 2, RETRY_MS_MAX);
  }
}

function chooseLanguage() {
  const kept = localStorage.getItem(LANGUAGE_KEY) ?? navigator.language.slice(0, 2);
  language = TEXTS[kept] ? kept : "es";
  document.getElementById("language").value = language;
}

document.getElementById("language").addEventListener("change", (event) => {
  language = event.target.value;
  localStorage.setItem(LANGUAGE_KEY, language);
  translate();
  forgetHour();
  forgetView();
  show();
});
document.getElementById("login").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(TOKEN_KEY, document.getElementById("token").value.trim());
  run();
});
addEventListener("hashchange", () => { forgetView(); show(); document.getElementById("main").focus(); });
addEventListener("resize", () => { if (live && view() === "shop") show(); });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { forgetHour(); show(); });

chooseLanguage();
translate();
show();
run();
