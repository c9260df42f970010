// A cart as a Node shop would write it: Fastify, the cart in Redis by ioredis, PostgreSQL behind it
// by pg, prices and stock from there. One process, no logging; it does what POST
// /v1/carts/{customer}/items of optimized_checkout_processor does: once for each message id, never
// more than there is, kept in PostgreSQL before it answers, and answered with the whole cart.
import { timingSafeEqual } from 'node:crypto';
import Fastify from 'fastify';
import { Redis } from 'ioredis';
import pg from 'pg';

const { PORT, REDIS_URL, DATABASE_URL, SERVICE_TOKEN } = process.env;
const BEARER = Buffer.from(`Bearer ${SERVICE_TOKEN}`);
const WEEK_S = 7 * 86400;

const redis = new Redis(REDIS_URL);
// A cart doesn't wait for the disk here either.
const options = '-c synchronous_commit=off';
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 16, options });

const SELECT = `SELECT id, name, sku, price, stock - reserved AS available, is_available
  FROM products WHERE id = ANY ($1::int[])`;
const KEEP = `WITH cart AS (
    INSERT INTO carts AS c (customer_phone, version) VALUES ($1, 1)
    ON CONFLICT (customer_phone) DO UPDATE SET version = c.version + 1, updated_at = NOW()
    RETURNING customer_phone)
  INSERT INTO cart_items (customer_phone, product_id, product_name, quantity, unit_price_minor)
  SELECT customer_phone, $2, $3, $4, $5 FROM cart
  ON CONFLICT (customer_phone, product_id) DO UPDATE
    SET quantity = EXCLUDED.quantity, unit_price_minor = EXCLUDED.unit_price_minor`;

const minor = (price) => Math.round(Number(price) * 100);
const money = (amount) => `$${(amount / 100).toLocaleString('en-US', { minimumFractionDigits: 2 })}`;

function reply(customer, lines, total) {
  const rows = lines.map((line) => `${line.quantity} × ${line.name}: ${money(line.gross_minor)}`);
  const button = (id, title) => ({ type: 'reply', reply: { id, title } });
  return {
    messaging_product: 'whatsapp',
    recipient_type: 'individual',
    to: customer,
    type: 'interactive',
    interactive: {
      type: 'button',
      body: { text: ['🛒 Tu carrito', ...rows, '', `*Total: ${money(total)}* (más envío)`].join('\n') },
      action: {
        buttons: [
          button('checkout:', 'Pagar'),
          button('menu:', 'Seguir comprando'),
          button('clear:', 'Vaciar'),
        ],
      },
    },
  };
}

async function cartOf(customer, quantities) {
  const ids = Object.keys(quantities).map(Number);
  const { rows } = await pool.query({ name: 'select', text: SELECT, values: [ids] });
  const lines = rows.map((product) => ({
    product_id: product.id,
    sku: product.sku,
    name: product.name,
    quantity: Number(quantities[product.id]),
    available: product.available,
    unit_price_minor: minor(product.price),
    gross_minor: minor(product.price) * Number(quantities[product.id]),
  }));
  const total = lines.reduce((sum, line) => sum + line.gross_minor, 0);
  return { lines, total };
}

async function add(customer, { product_id: id, quantity = 1, message_id: message }) {
  const key = `cart:{${customer}}`;
  const first = await redis.set(`${key}:${message}`, '1', 'EX', WEEK_S, 'NX');
  const { rows } = await pool.query({ name: 'select', text: SELECT, values: [[id]] });
  const product = rows[0];
  let status = 'added';
  if (!product?.is_available) status = 'not_sold';
  else if (product.available < 1) status = 'out_of_stock';
  if (first !== null && status === 'added') {
    const now = await redis.hincrby(key, id, quantity);
    const most = Math.min(product.available, 999);
    if (now > most) {
      status = 'limited';
      await redis.hset(key, id, most);
    }
    const values = [customer, id, product.name, Math.min(now, most), minor(product.price)];
    await pool.query({ name: 'keep', text: KEEP, values });
  }
  const quantities = await redis.hgetall(key);
  const { lines, total } = await cartOf(customer, quantities);
  return {
    status,
    product_id: id,
    quantity: Number(quantities[id] ?? 0),
    repeated: first === null,
    cart: { customer_phone: customer, currency: 'MXN', lines, total_minor: total },
    reply: reply(customer, lines, total),
  };
}

function refuse(status, title) {
  return Object.assign(new Error(title), { statusCode: status });
}

const app = Fastify({ logger: false });

app.get('/readyz', async () => {
  await pool.query('SELECT 1');
  return { status: (await redis.ping()) === 'PONG' ? 'ready' : 'not' };
});

app.post(
  '/v1/carts/:customer/items',
  {
    schema: {
      body: {
        type: 'object',
        required: ['product_id'],
        properties: {
          product_id: { type: 'integer', minimum: 1 },
          quantity: { type: 'integer', minimum: 1, maximum: 999 },
          message_id: { type: 'string', maxLength: 1024 },
        },
      },
    },
    onRequest: (request, _reply, done) => {
      const given = Buffer.from(request.headers.authorization ?? '');
      const same = given.length === BEARER.length && timingSafeEqual(given, BEARER);
      done(same ? undefined : refuse(401, 'unauthorised'));
    },
  },
  (request) => add(request.params.customer, request.body),
);

await app.listen({ host: '127.0.0.1', port: Number(PORT) });
