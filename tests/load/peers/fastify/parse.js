// The parser as a Node shop would write it with Fastify: one process, no logging, raw body kept
// for the signature. It reads, checks and answers what parse_message_optimized does for a text.
import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import Fastify from 'fastify';

const { PORT, SERVICE_TOKEN, WHATSAPP_APP_SECRET } = process.env;
const BEARER = Buffer.from(`Bearer ${SERVICE_TOKEN}`);
const SERVICE_WINDOW_S = 24 * 60 * 60;

const sha256 = (text) => hash('sha256', text);
const iso = (seconds) => new Date(seconds * 1000).toISOString();

function sameBytes(given, expected) {
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function refuse(status, title) {
  return Object.assign(new Error(title), { statusCode: status });
}

function verifySignature(header, raw) {
  if (!header?.startsWith('sha256=')) throw refuse(401, 'no signature');
  const expected = createHmac('sha256', WHATSAPP_APP_SECRET).update(raw).digest();
  if (!sameBytes(Buffer.from(header.slice(7), 'hex'), expected)) {
    throw refuse(401, 'bad signature');
  }
}

function parseMessage(message, value) {
  const phoneNumberId = value.metadata.phone_number_id;
  const contact = value.contacts?.find(
    (each) => each.wa_id === message.from || each.user_id === message.from_user_id,
  );
  const timestamp = Number(message.timestamp);
  const text = message.text?.body ?? message[message.type]?.caption ?? '';
  const customerKey = message.from ?? message.from_user_id;
  const identity = `${phoneNumberId}\0${message.id}`;
  const content = `${message.type}\0${text.normalize('NFC').trim().toLowerCase()}`;
  return {
    message_id: message.id,
    message_hash: sha256(`${identity}\0${customerKey}\0${timestamp}\0${message.type}\0${text}`),
    content_hash: sha256(content),
    dedupe_key: sha256(identity),
    customer_key: customerKey,
    from: {
      wa_id: message.from,
      user_id: message.from_user_id,
      name: contact?.profile?.name,
    },
    phone_number_id: phoneNumberId,
    type: message.type,
    timestamp: iso(timestamp),
    text,
    action_id: null,
    service_window_expires_at: iso(timestamp + SERVICE_WINDOW_S),
    is_duplicate: false,
    skip_processing: false,
    validation: [],
  };
}

function parseWebhook(body) {
  const answer = { messages: [], statuses: [], events: [] };
  for (const entry of body.entry) {
    for (const { field, value } of entry.changes) {
      if (field !== 'messages') {
        answer.events.push({ field, value });
        continue;
      }
      for (const message of value.messages ?? []) {
        answer.messages.push(parseMessage(message, value));
      }
      for (const status of value.statuses ?? []) answer.statuses.push(status);
    }
  }
  return answer;
}

const app = Fastify({ logger: false, bodyLimit: 4 * 1024 * 1024 });

app.removeContentTypeParser('application/json');
app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, raw, done) => {
  try {
    verifySignature(request.headers['x-hub-signature-256'], raw);
    done(null, JSON.parse(raw));
  } catch (error) {
    error.statusCode ??= 400;
    done(error);
  }
});

app.get('/readyz', async () => ({ status: 'ready' }));

app.post(
  '/v1/parse',
  {
    onRequest: (request, reply, done) => {
      const given = Buffer.from(request.headers.authorization ?? '');
      done(sameBytes(given, BEARER) ? undefined : refuse(401, 'unauthorised'));
    },
  },
  (request, reply) => {
    if (!Array.isArray(request.body?.entry)) throw refuse(400, 'entry is missing');
    reply.send(parseWebhook(request.body));
  },
);

await app.listen({ host: '127.0.0.1', port: Number(PORT) });
