"use strict";
/* What the page says, in its three languages. {name} is put in by text(). */
const TEXTS = {
  es: {
    title: "Mi tienda en WhatsApp", skip: "Ir al contenido", views: "Vistas", language: "Idioma",
    view_shop: "La tienda", view_reports: "Informes", view_operator: "Operación",
    live: "En vivo", live_off: "Sin conexión: se reintenta", live_wait: "Conectando…",
    login_title: "Entrar", login_help: "La clave es SERVICE_TOKEN, la misma de tus flujos de n8n.",
    login_token: "Clave", login_enter: "Entrar", login_wrong: "Esa clave no es la del servicio.",
    problem: "No se pudo leer: {reason}",
    sales_today: "Ventas de hoy", orders_today: "Pedidos pagados", average: "Pedido promedio",
    customers_today: "Clientes que escribieron", messages_today: "Mensajes", carts_left: "Carritos sin comprar",
    limited_today: "Mensajes frenados", csat: "Satisfacción", csat_note: "{n} respuestas", of_orders: "de {n} pedidos",
    hour_title: "La última hora", hour_help: "Mensajes por minuto, y cuánto tardó la respuesta.",
    messages: "Mensajes", p95: "95 % responde antes de (ms)", p50: "La mitad responde antes de (ms)",
    funnel_title: "De la charla a la venta, hoy", funnel_help: "Cuántos clientes llegaron a cada paso.",
    step_message: "Escribe", step_search: "Busca", step_cart: "Pone en el carrito", step_checkout: "Va a pagar", step_paid: "Paga",
    searches_title: "Lo que buscan", zero_title: "Lo que buscan y no encuentran",
    zero_help: "Ideas para tu catálogo o para la lista de sinónimos.",
    intents_title: "Lo que piden", sources_title: "Quién lo entendió, y qué costó",
    costs_title: "Lo que cuesta", costs_help: "Mensajes de WhatsApp y modelos de IA, hoy.",
    what: "Qué", count: "Veces", cost: "Costo", none_yet: "Todavía nada hoy.", none_then: "Nada en esos días.",
    products_title: "Productos más pedidos", delivery_title: "Entrega de mensajes",
    success_title: "Métricas de éxito", success_help: "Las de la guía de migración: objetivo, crítico y ahora.",
    metric: "Métrica", target: "Objetivo", critical: "Crítico", now: "Ahora", state: "Estado",
    good: "Bien", warn: "Atención", bad: "Crítico", none: "Sin datos",
    uptime: "Disponibilidad", latency_p95: "Respuesta (p95)", error_rate: "Errores", ai_accuracy: "Acierto de la IA",
    cache_hit_rate: "Aciertos de caché", satisfaction: "Satisfacción",
    services_title: "Servicios", service: "Servicio", latency: "Tarda", up: "Funciona", degraded: "A medias", down: "Caído",
    migration_title: "Migración: MVP y sistema completo", migration_help: "Lo mismo, medido en los dos caminos, hoy.",
    mvp: "MVP", full: "Completo", m_messages: "Mensajes", m_replies: "Respuestas", m_p50: "p50 (ms)", m_p95: "p95 (ms)", m_failed: "Fallos", m_error_rate: "Errores",
    m_paid: "Pedidos pagados", report: "Informe", from: "Desde", to: "Hasta", download_csv: "Descargar CSV",
    funnel: "Embudo", sales: "Ventas", intents: "Intenciones", products: "Productos", customers: "Clientes", delivery: "Entrega", hours: "Horas", costs: "Costos", searches: "Búsquedas",
    table_of: "Los mismos datos en tabla", minute: "Minuto"
  },
  en: {
    title: "My shop on WhatsApp", skip: "Skip to content", views: "Views", language: "Language",
    view_shop: "The shop", view_reports: "Reports", view_operator: "Operations",
    live: "Live", live_off: "No connection: trying again", live_wait: "Connecting…",
    login_title: "Sign in", login_help: "The key is SERVICE_TOKEN, the one your n8n workflows use.",
    login_token: "Key", login_enter: "Sign in", login_wrong: "That is not the service's key.",
    problem: "Could not be read: {reason}",
    sales_today: "Sales today", orders_today: "Orders paid", average: "Average order",
    customers_today: "Customers who wrote", messages_today: "Messages", carts_left: "Carts not bought",
    limited_today: "Messages held back", csat: "Satisfaction", csat_note: "{n} answers", of_orders: "of {n} orders",
    hour_title: "The last hour", hour_help: "Messages a minute, and how long an answer took.",
    messages: "Messages", p95: "95 % are answered within (ms)", p50: "Half are answered within (ms)",
    funnel_title: "From chat to sale, today", funnel_help: "How many customers came to each step.",
    step_message: "Writes", step_search: "Searches", step_cart: "Adds to cart", step_checkout: "Goes to pay", step_paid: "Pays",
    searches_title: "What they look for", zero_title: "What they look for and don't find",
    zero_help: "Ideas for your catalogue, or for the list of synonyms.",
    intents_title: "What they ask", sources_title: "Who understood it, and what it cost",
    costs_title: "What it costs", costs_help: "WhatsApp messages and AI models, today.",
    what: "What", count: "Times", cost: "Cost", none_yet: "Nothing yet today.", none_then: "Nothing in these days.",
    products_title: "Most wanted products", delivery_title: "Delivery of messages",
    success_title: "Success metrics", success_help: "Those of the migration guide: target, critical, now.",
    metric: "Metric", target: "Target", critical: "Critical", now: "Now", state: "State",
    good: "Good", warn: "Watch", bad: "Critical", none: "No data",
    uptime: "Uptime", latency_p95: "Answer (p95)", error_rate: "Errors", ai_accuracy: "AI accuracy",
    cache_hit_rate: "Cache hits", satisfaction: "Satisfaction",
    services_title: "Services", service: "Service", latency: "Takes", up: "Up", degraded: "Degraded", down: "Down",
    migration_title: "Migration: MVP and full system", migration_help: "The same, measured on both paths, today.",
    mvp: "MVP", full: "Full", m_messages: "Messages", m_replies: "Answers", m_p50: "p50 (ms)", m_p95: "p95 (ms)", m_failed: "Failures", m_error_rate: "Errors",
    m_paid: "Orders paid", report: "Report", from: "From", to: "To", download_csv: "Download CSV",
    funnel: "Funnel", sales: "Sales", intents: "Intents", products: "Products", customers: "Customers", delivery: "Delivery", hours: "Hours", costs: "Costs", searches: "Searches",
    table_of: "The same data as a table", minute: "Minute"
  },
  pt: {
    title: "Minha loja no WhatsApp", skip: "Ir para o conteúdo", views: "Vistas", language: "Idioma",
    view_shop: "A loja", view_reports: "Relatórios", view_operator: "Operação",
    live: "Ao vivo", live_off: "Sem conexão: tentando de novo", live_wait: "Conectando…",
    login_title: "Entrar", login_help: "A chave é SERVICE_TOKEN, a mesma dos seus fluxos do n8n.",
    login_token: "Chave", login_enter: "Entrar", login_wrong: "Essa não é a chave do serviço.",
    problem: "Não foi possível ler: {reason}",
    sales_today: "Vendas de hoje", orders_today: "Pedidos pagos", average: "Pedido médio",
    customers_today: "Clientes que escreveram", messages_today: "Mensagens", carts_left: "Carrinhos não comprados",
    limited_today: "Mensagens seguradas", csat: "Satisfação", csat_note: "{n} respostas", of_orders: "de {n} pedidos",
    hour_title: "A última hora", hour_help: "Mensagens por minuto, e quanto demorou a resposta.",
    messages: "Mensagens", p95: "95 % respondidas em até (ms)", p50: "Metade respondida em até (ms)",
    funnel_title: "Da conversa à venda, hoje", funnel_help: "Quantos clientes chegaram a cada passo.",
    step_message: "Escreve", step_search: "Procura", step_cart: "Põe no carrinho", step_checkout: "Vai pagar", step_paid: "Paga",
    searches_title: "O que procuram", zero_title: "O que procuram e não encontram",
    zero_help: "Ideias para o seu catálogo ou para a lista de sinônimos.",
    intents_title: "O que pedem", sources_title: "Quem entendeu, e quanto custou",
    costs_title: "Quanto custa", costs_help: "Mensagens do WhatsApp e modelos de IA, hoje.",
    what: "O quê", count: "Vezes", cost: "Custo", none_yet: "Ainda nada hoje.", none_then: "Nada nesses dias.",
    products_title: "Produtos mais pedidos", delivery_title: "Entrega de mensagens",
    success_title: "Métricas de sucesso", success_help: "As do guia de migração: meta, crítico e agora.",
    metric: "Métrica", target: "Meta", critical: "Crítico", now: "Agora", state: "Estado",
    good: "Bom", warn: "Atenção", bad: "Crítico", none: "Sem dados",
    uptime: "Disponibilidade", latency_p95: "Resposta (p95)", error_rate: "Erros", ai_accuracy: "Acerto da IA",
    cache_hit_rate: "Acertos de cache", satisfaction: "Satisfação",
    services_title: "Serviços", service: "Serviço", latency: "Demora", up: "Funciona", degraded: "Parcial", down: "Fora",
    migration_title: "Migração: MVP e sistema completo", migration_help: "O mesmo, medido nos dois caminhos, hoje.",
    mvp: "MVP", full: "Completo", m_messages: "Mensagens", m_replies: "Respostas", m_p50: "p50 (ms)", m_p95: "p95 (ms)", m_failed: "Falhas", m_error_rate: "Erros",
    m_paid: "Pedidos pagos", report: "Relatório", from: "De", to: "Até", download_csv: "Baixar CSV",
    funnel: "Funil", sales: "Vendas", intents: "Intenções", products: "Produtos", customers: "Clientes", delivery: "Entrega", hours: "Horas", costs: "Custos", searches: "Buscas",
    table_of: "Os mesmos dados em tabela", minute: "Minuto"
  }
};

let language = "es";

function text(key, values) {
  const found = TEXTS[language][key] ?? TEXTS.es[key] ?? key;
  return found.replace(/\{(\w+)\}/g, (_, name) => values?.[name] ?? "");
}

function textOr(key, fallback) {
  return TEXTS[language][key] ?? fallback;
}
