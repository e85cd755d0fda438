/** Routes that wait: products and carts, mounted at `/api`. */
import { type Request, Router } from 'express';
import { counter } from 'loadline';
import { stock, take } from './stock.ts';
import { query } from './work.ts';

const cartItems = counter('shop.cart.items', { unit: '{item}', help: 'Items put into carts.' });

export const products = Router();

products.get('/', async (_request, response) => {
  await query(12);
  response.json([...stock.keys()].map((id) => ({ id, name: `Product ${id}` })));
});

products.get('/:id', async (request, response) => {
  await query(6);
  const id = Number(request.params.id);
  if (!stock.has(id)) {
    response.status(404).json({ error: 'no such product' });
    return;
  }
  response.json({ id, name: `Product ${id}`, left: stock.get(id) });
});

export const carts = Router({ mergeParams: true });

carts.post('/items', async (request: Request<{ cart: string }>, response) => {
  await query(8);
  const product = 1 + (Number(request.params.cart) % stock.size || 0);
  take(product);
  cartItems.add(1, { product });
  response.status(201).json({ cart: request.params.cart, product });
});

/** `?card=declined` is refused with 402; `?card=broken` finds the payment provider down and throws. */
carts.post('/pay', async (request: Request<{ cart: string }>, response) => {
  await query(25);
  if (request.query.card === 'broken') throw new Error('payment provider did not answer');
  if (request.query.card === 'declined') {
    response.status(402).json({ error: 'card declined' });
    return;
  }
  response.json({ cart: request.params.cart, paid: true });
});
