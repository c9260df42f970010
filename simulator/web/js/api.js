// The simulator's control API. Errors carry the problem's detail.

async function call(method, path, body) {
  const options = { method, headers: {} };
  if (body instanceof FormData) options.body = body;
  else if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  const response = await fetch(`sim/${path}`, options);
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.detail || `HTTP ${response.status}`);
  return answer;
}

const key = (id) => `customers/${encodeURIComponent(id)}`;

export const getState = () => call("GET", "state");
export const getMessages = (id) => call("GET", `${key(id)}/messages`);
export const getDeliveries = () => call("GET", "deliveries?limit=100");
export const getCalls = () => call("GET", "calls?limit=100");
export const getCatalogue = () => call("GET", "catalogue").then((a) => a.products);
export const createCustomer = (customer) => call("POST", "customers", customer);
export const changeCustomer = (id, fields) => call("PUT", key(id), fields);
export const sendMessage = (id, message) => call("POST", `${key(id)}/messages`, message);
export const press = (id, what) => call("POST", `${key(id)}/press`, what);
export const putSettings = (settings) => call("PUT", "settings", settings);
export const handshake = () => call("POST", "handshake", {});
export const replay = (id) => call("POST", `deliveries/${id}/replay`, {});

export function upload(file) {
  const form = new FormData();
  form.append("file", file, file.name);
  return call("POST", "media", form);
}

/** Live events; the browser reconnects by itself, and each `hello` asks for the state anew. */
export function listen(handlers, onState) {
  const source = new EventSource("sim/events");
  source.addEventListener("error", () => {
    onState(false);
    // A browser gives up after some answers; then it starts again here.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listen(handlers, onState), 1500);
  });
  source.addEventListener("hello", () => onState(true));
  for (const [kind, handle] of Object.entries(handlers)) {
    source.addEventListener(kind, (event) => handle(JSON.parse(event.data)));
  }
}
