/** A Fastify 5 app: its routes show up by themselves. */
import { setTimeout as sleep } from 'node:timers/promises';
import Fastify from 'fastify';

const app = Fastify();

app.get('/', async () => ({ ask: '/books/<id>' }));

app.register(
  async (books) => {
    books.get<{ Params: { id: string } }>('/:id', async (request, reply) => {
      await sleep(5);
      if (!/^\d+$/.test(request.params.id)) return reply.code(404).send({ error: 'no such book' });
      return { id: request.params.id };
    });
    books.post('/', async (request, reply) => reply.code(201).send({ received: request.body ?? null }));
    books.get('/broken', async () => {
      throw new Error('this page always fails');
    });
  },
  { prefix: '/books' },
);

const address = await app.listen({ port: Number(process.env.PORT || 3000), host: '127.0.0.1' });
console.log(`listening on ${address}`);
