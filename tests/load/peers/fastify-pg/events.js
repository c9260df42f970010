// Events as a Node shop would keep them with Fastify and pg: one process, no logging, one
// statement a request, each event once by its id. It counts nothing.
import { timingSafeEqual } from 'node:crypto';
import Fastify from 'fastify';
import pg from 'pg';

const { PORT, SERVICE_TOKEN, DATABASE_URL } = process.env;
const BEARER = Buffer.from(`Bearer ${SERVICE_TOKEN}`);
const TYPE = /^[a-z][a-z0-9_.]{0,39}$/;
const INSERT = {
  name: 'insert',
  text: `INSERT INTO events_peer (event_id, type, occurred_at, customer_key, source, path, data)
         SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::text[],
                              $6::text[], $7::json[])
         ON CONFLICT (event_id) DO NOTHING`,
};

const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 16 });
await pool.query(`CREATE TABLE IF NOT EXISTS events_peer (
  event_id text PRIMARY KEY, type text NOT NULL, occurred_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(), customer_key text, source text,
  path text NOT NULL, data json)`);

function refuse(status, title) {
  return Object.assign(new Error(title), { statusCode: status });
}

function sameBytes(given, expected) {
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function reasonOf(event) {
  if (typeof event?.event_id !== 'string' || event.event_id.length > 100) return 'event_id';
  if (!TYPE.test(event.type)) return 'type';
  if (Number.isNaN(Date.parse(event.occurred_at ?? 0))) return 'occurred_at';
  return null;
}

const app = Fastify({ logger: false, bodyLimit: 4 * 1024 * 1024 });

app.get('/readyz', async () => ({ status: 'ready' }));

app.post(
  '/v1/events',
  {
    onRequest: (request, reply, done) => {
      const given = Buffer.from(request.headers.authorization ?? '');
      done(sameBytes(given, BEARER) ? undefined : refuse(401, 'unauthorised'));
    },
  },
  async (request) => {
    const list = request.body.events ?? [request.body];
    const columns = [[], [], [], [], [], [], []];
    const rejected = [];
    list.forEach((event, index) => {
      const reason = reasonOf(event);
      if (reason) {
        rejected.push({ index, reason });
        return;
      }
      [
        event.event_id, event.type, event.occurred_at ?? new Date(), event.customer_key ?? null,
        event.source ?? null, event.path ?? 'full', JSON.stringify(event.data ?? null),
      ].forEach((value, at) => columns[at].push(value));
    });
    const result = await pool.query({ ...INSERT, values: columns });
    const accepted = result.rowCount;
    return { accepted, duplicate: columns[0].length - accepted, rejected };
  },
);

await app.listen({ host: '127.0.0.1', port: Number(PORT) });
