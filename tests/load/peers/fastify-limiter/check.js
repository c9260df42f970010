// The limiter as a Node shop would write it: Fastify, and rate-limiter-flexible on Redis with a
// limiter for the minute and one for the hour. One process, no logging; it answers the fields of
// optimized_rate_limiter that it can know.
import { timingSafeEqual } from 'node:crypto';
import Fastify from 'fastify';
import { Redis } from 'ioredis';
import { RateLimiterRedis } from 'rate-limiter-flexible';

const { PORT, REDIS_URL, SERVICE_TOKEN } = process.env;
const BEARER = Buffer.from(`Bearer ${SERVICE_TOKEN}`);
const LIMITS = { minute: 20, hour: 300 };

const redis = new Redis(REDIS_URL);
const limiters = [
  ['minute', 60],
  ['hour', 3600],
].map(([window, duration]) => ({
  window,
  limiter: new RateLimiterRedis({
    storeClient: redis,
    keyPrefix: `rate_limit:${window}`,
    points: LIMITS[window],
    duration,
  }),
}));

// It rejects with the same object that it resolves with: what is left, and until when.
async function consume({ window, limiter }, customer) {
  try {
    return { window, allowed: true, state: await limiter.consume(customer) };
  } catch (state) {
    if (state instanceof Error) throw state;
    return { window, allowed: false, state };
  }
}

async function check(customer) {
  const results = await Promise.all(limiters.map((each) => consume(each, customer)));
  const denied = results.filter((each) => !each.allowed);
  const waitMs = Math.max(0, ...denied.map((each) => each.state.msBeforeNext));
  const allowed = denied.length === 0;
  return {
    allowed,
    skip_processing: !allowed,
    tier: 'vip',
    mode: 'enforce',
    limits: LIMITS,
    remaining: Object.fromEntries(
      results.map((each) => [each.window, each.state.remainingPoints]),
    ),
    exceeded_window: denied.at(-1)?.window ?? null,
    retry_after_s: Math.ceil(waitMs / 1000),
    reset_at: allowed ? null : new Date(Date.now() + waitMs).toISOString(),
    backend: 'redis',
  };
}

function refuse(status, title) {
  return Object.assign(new Error(title), { statusCode: status });
}

const app = Fastify({ logger: false });

app.get('/readyz', async () => ({ status: (await redis.ping()) === 'PONG' ? 'ready' : 'not' }));

app.post(
  '/v1/check',
  {
    schema: {
      body: {
        type: 'object',
        required: ['customer_phone'],
        properties: { customer_phone: { type: 'string', minLength: 1, maxLength: 160 } },
      },
    },
    onRequest: (request, reply, done) => {
      const given = Buffer.from(request.headers.authorization ?? '');
      const same = given.length === BEARER.length && timingSafeEqual(given, BEARER);
      done(same ? undefined : refuse(401, 'unauthorised'));
    },
  },
  (request) => check(request.body.customer_phone),
);

await app.listen({ host: '127.0.0.1', port: Number(PORT) });
