// The page's words in Spanish, English and Portuguese. t(key, value) puts the value at {}.

const WORDS = {
  skip: ["Ir a escribir", "Skip to writing", "Ir para escrever"],
  title: ["Simulador de WhatsApp", "WhatsApp simulator", "Simulador de WhatsApp"],
  subtitle: ["Tu tienda, vista por tus clientes", "Your shop, as customers see it", "Sua loja, vista pelos clientes"],
  customers: ["Clientes", "Customers", "Clientes"],
  new: ["Nuevo", "New", "Novo"],
  newCustomer: ["Nuevo cliente", "New customer", "Novo cliente"],
  language: ["Idioma", "Language", "Idioma"],
  phone: ["Teléfono del cliente", "The customer's phone", "Telefone do cliente"],
  shop: ["Tu tienda", "Your shop", "Sua loja"],
  panel: ["Lo que pasa por detrás", "Behind the scenes", "O que acontece por trás"],
  conversation: ["Conversación", "Conversation", "Conversa"],
  reconnecting: ["Sin conexión con el simulador. Reintentando…", "No connection to the simulator. Retrying…", "Sem conexão com o simulador. Tentando de novo…"],
  typing: ["escribiendo…", "typing…", "digitando…"],
  online: ["en línea", "online", "online"],
  toEnd: ["Ir al último mensaje", "Go to the latest message", "Ir para a última mensagem"],
  write: ["Escribe un mensaje", "Write a message", "Escreva uma mensagem"],
  emoji: ["Emojis", "Emojis", "Emojis"],
  attach: ["Adjuntar", "Attach", "Anexar"],
  send: ["Enviar", "Send", "Enviar"],
  close: ["Cerrar", "Close", "Fechar"],
  you: ["Tú", "You", "Você"],
  as: ["Escribes como {}", "You write as {}", "Você escreve como {}"],
  emptyTitle: ["Escribe como si fueras tu cliente", "Write as if you were your customer", "Escreva como se fosse seu cliente"],
  emptyText: ["Cada mensaje llega a tu tienda como lo mandaría WhatsApp: firmado y al instante. Prueba con:", "Each message reaches your shop as WhatsApp would send it: signed, and at once. Try:", "Cada mensagem chega à sua loja como o WhatsApp mandaria: assinada e na hora. Experimente:"],
  chip1: ["hola", "hello", "olá"],
  chip2: ["quiero zapatillas rojas 42", "I want red sneakers 42", "quero tênis vermelho 42"],
  chip3: ["ver ofertas", "see offers", "ver ofertas"],
  photo: ["Foto", "Photo", "Foto"],
  location: ["Ubicación", "Location", "Localização"],
  order: ["Pedido", "Order", "Pedido"],
  contact: ["Contacto", "Contact", "Contato"],
  caption: ["Añade un comentario", "Add a caption", "Adicione uma legenda"],
  sendLocation: ["Enviar ubicación", "Send location", "Enviar localização"],
  otherPlace: ["Otro lugar", "Another place", "Outro lugar"],
  latitude: ["Latitud", "Latitude", "Latitude"],
  longitude: ["Longitud", "Longitude", "Longitude"],
  badCoordinates: ["Latitud de -90 a 90, longitud de -180 a 180.", "Latitude -90 to 90, longitude -180 to 180.", "Latitude de -90 a 90, longitude de -180 a 180."],
  orderTitle: ["Hacer un pedido", "Place an order", "Fazer um pedido"],
  searchProduct: ["Buscar un producto", "Search a product", "Buscar um produto"],
  noProducts: ["Ningún producto con ese nombre.", "No product of that name.", "Nenhum produto com esse nome."],
  sendOrder: ["Enviar pedido", "Send order", "Enviar pedido"],
  less: ["Quitar uno: {}", "One less: {}", "Um a menos: {}"],
  more: ["Añadir uno: {}", "One more: {}", "Um a mais: {}"],
  item: ["{} artículo", "{} item", "{} item"],
  items: ["{} artículos", "{} items", "{} itens"],
  yourOrder: ["Pedido enviado", "Order sent", "Pedido enviado"],
  chooseRow: ["Elige una opción", "Choose one", "Escolha uma opção"],
  shareNumber: ["Compartir mi número", "Share my number", "Compartilhar meu número"],
  noNumber: ["Este cliente no tiene número: solo usuario.", "This customer has no number, only a username.", "Este cliente não tem número: só usuário."],
  seeItems: ["Ver artículos", "See items", "Ver itens"],
  form: ["Formulario", "Form", "Formulário"],
  formText: ["Lo que el cliente llenaría, como JSON:", "What the customer would fill in, as JSON:", "O que o cliente preencheria, em JSON:"],
  badJson: ["Eso no es JSON.", "That isn't JSON.", "Isso não é JSON."],
  reply: ["Responder", "Reply", "Responder"],
  react: ["Reaccionar", "React", "Reagir"],
  options: ["Opciones del mensaje", "Message options", "Opções da mensagem"],
  copy: ["Copiar JSON", "Copy JSON", "Copiar JSON"],
  copied: ["Copiado", "Copied", "Copiado"],
  refused: ["WhatsApp rechazó este mensaje", "WhatsApp refused this message", "O WhatsApp recusou esta mensagem"],
  refusedNote: ["El cliente no lo ve.", "The customer doesn't see it.", "O cliente não vê."],
  notDelivered: ["No se pudo entregar", "Not delivered", "Não foi entregue"],
  accepted: ["enviando", "sending", "enviando"],
  sent: ["enviado", "sent", "enviado"],
  delivered: ["entregado", "delivered", "entregue"],
  read: ["leído", "read", "lido"],
  failed: ["falló", "failed", "falhou"],
  sentIn: ["enviado", "sent", "enviado"],
  deliveredIn: ["tu tienda lo recibió", "your shop has it", "sua loja recebeu"],
  readIn: ["tu tienda lo leyó", "your shop read it", "sua loja leu"],
  failedIn: ["tu tienda no lo recibió", "your shop didn't get it", "sua loja não recebeu"],
  image: ["Foto", "Photo", "Foto"], video: ["Video", "Video", "Vídeo"], audio: ["Audio", "Audio", "Áudio"],
  document: ["Documento", "Document", "Documento"], sticker: ["Sticker", "Sticker", "Figurinha"],
  pictureAt: ["Imagen en", "Image at", "Imagem em"],
  unsupported: ["Mensaje de tipo {}", "Message of type {}", "Mensagem do tipo {}"],
  catalogue: ["Catálogo", "Catalogue", "Catálogo"],
  today: ["Hoy", "Today", "Hoje"], yesterday: ["Ayer", "Yesterday", "Ontem"],
  name: ["Nombre", "Name", "Nome"],
  number: ["Teléfono con país, solo dígitos", "Phone with country, digits only", "Telefone com país, só dígitos"],
  username: ["Usuario (opcional)", "Username (optional)", "Usuário (opcional)"],
  hidden: ["Oculta su teléfono (la tienda solo ve su usuario)", "Hides the phone (the shop sees only the user id)", "Oculta o telefone (a loja só vê o usuário)"],
  create: ["Crear cliente", "Create customer", "Criar cliente"],
  hookUrl: ["Dirección de tu webhook", "Your webhook's address", "Endereço do seu webhook"],
  save: ["Guardar", "Save", "Salvar"],
  check: ["Probar", "Test", "Testar"],
  saved: ["Guardado: los mensajes van ahí.", "Saved: messages go there.", "Salvo: as mensagens vão para lá."],
  noHook: ["Sin dirección, los mensajes no salen de aquí.", "Without an address, messages go nowhere.", "Sem endereço, as mensagens não saem daqui."],
  handshakeOk: ["Verificación correcta en {} ms.", "Handshake right, in {} ms.", "Verificação correta em {} ms."],
  handshakeBad: ["No respondió el challenge: {}", "It didn't answer the challenge: {}", "Não respondeu o challenge: {}"],
  median: ["mediana del webhook; Meta pide ≤ 250 ms", "webhook median; Meta wants ≤ 250 ms", "mediana do webhook; Meta pede ≤ 250 ms"],
  deliveredCount: ["webhooks recibidos", "webhooks received", "webhooks recebidos"],
  failedCount: ["intentos fallidos", "failed attempts", "tentativas com falha"],
  tryThings: ["Provocar situaciones", "Make things happen", "Provocar situações"],
  tryWindow: ["Ventana de 24 h cerrada (131047)", "24 h window closed (131047)", "Janela de 24 h fechada (131047)"],
  tryOffline: ["Cliente sin conexión (una sola palomita)", "Customer offline (one tick only)", "Cliente sem conexão (um só tique)"],
  tryDuplicates: ["WhatsApp repite cada webhook", "WhatsApp repeats every webhook", "WhatsApp repete cada webhook"],
  tryReads: ["Confirmaciones de lectura", "Read receipts", "Confirmações de leitura"],
  tryFail: ["El próximo envío falla (131000)", "The next send fails (131000)", "O próximo envio falha (131000)"],
  all: ["Todo", "All", "Tudo"],
  webhooks: ["Webhooks", "Webhooks", "Webhooks"],
  statuses: ["Estados", "Statuses", "Status"],
  calls: ["Llamadas", "Calls", "Chamadas"],
  nothingYet: ["Aquí verás cada webhook y cada llamada de tu tienda, con su JSON y lo que tardó.", "Every webhook and every call of your shop shows here, with its JSON and its time.", "Aqui você verá cada webhook e cada chamada da sua loja, com o JSON e o tempo."],
  evMessage: ["Mensaje a tu tienda", "Message to your shop", "Mensagem para sua loja"],
  evStatus: ["Estado: {}", "Status: {}", "Status: {}"],
  evSend: ["Tu tienda envía", "Your shop sends", "Sua loja envia"],
  evRead: ["Tu tienda marca leído", "Your shop marks read", "Sua loja marca como lido"],
  evRefused: ["WhatsApp rechaza", "WhatsApp refuses", "WhatsApp recusa"],
  evOther: ["Webhook", "Webhook", "Webhook"],
  pending: ["esperando", "waiting", "aguardando"],
  held: ["sin dirección", "no address", "sem endereço"],
  attempts: ["{} intentos", "{} attempts", "{} tentativas"],
  answer: ["Respuesta", "Answer", "Resposta"],
  again: ["Enviar otra vez", "Send again", "Enviar de novo"],
  tooLarge: ["El archivo no sirve: {}", "The file doesn't do: {}", "O arquivo não serve: {}"],
  failedSend: ["No se pudo enviar: {}", "Couldn't send: {}", "Não foi possível enviar: {}"],
};
const LANGUAGES = ["es", "en", "pt"];
const LOCALES = { es: "es-MX", en: "en-GB", pt: "pt-BR" };

let language = "es";
try {
  const kept = localStorage.getItem("language");
  if (LANGUAGES.includes(kept)) language = kept;
} catch { /* a page without storage still works */ }

export const currentLanguage = () => language;
export const locale = () => LOCALES[language];

export function setLanguage(next) {
  language = LANGUAGES.includes(next) ? next : "es";
  try { localStorage.setItem("language", language); } catch { /* as above */ }
}

export function t(key, value) {
  const words = WORDS[key];
  const text = words ? words[LANGUAGES.indexOf(language)] : key;
  return value === undefined ? text : text.replace("{}", value);
}

export function translate(root = document) {
  document.documentElement.lang = language;
  document.title = t("title");
  for (const el of root.querySelectorAll("[data-t]")) el.textContent = t(el.dataset.t);
  for (const el of root.querySelectorAll("[data-t-label]")) {
    el.setAttribute("aria-label", t(el.dataset.tLabel));
    if (el.tagName === "BUTTON") el.title = t(el.dataset.tLabel);
  }
  for (const el of root.querySelectorAll("[data-t-placeholder]")) el.placeholder = t(el.dataset.tPlaceholder);
}

export const money = (amount, currency) => {
  try {
    return new Intl.NumberFormat(locale(), { style: "currency", currency: currency || "MXN" }).format(amount);
  } catch {
    return `${amount} ${currency || ""}`;
  }
};
export const clock = (seconds) => new Date(seconds * 1000).toLocaleTimeString(locale(), { hour: "2-digit", minute: "2-digit", hour12: false });

export function countryName(code) {
  try {
    return new Intl.DisplayNames([locale()], { type: "region" }).of(code);
  } catch { return code; }
}

export function day(seconds) {
  const date = new Date(seconds * 1000);
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / 864e5);
  if (days === 0) return t("today");
  if (days === 1) return t("yesterday");
  return date.toLocaleDateString(locale(), { day: "numeric", month: "long", year: "numeric" });
}
