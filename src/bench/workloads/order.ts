/**
 * `order-*`: `dense-10k` with its 5,000 patches in other orders. The program, the patched slots and so the outcome are
 * those of `dense-10k` in all of them; each slot is looked up with `locate`, so that nothing but the order differs.
 * What a container gains from the next patch being near the last one shows here: a gap buffer moves what lies in between.
 */
import { DENSE_10K } from './dense.js';
import type { Family, Order } from './shape.js';

const ORDERS: readonly Exclude<Order, 'walk'>[] = ['ascending', 'descending', 'clustered', 'scattered'];

export const ORDER: Family = {
  name: 'order',
  meaning: 'dense-10k with its patches looked up in four orders: what a container needs neighbourhood for.',
  shapes: ORDERS.map((order) => ({
    ...DENSE_10K,
    name: `order-${order}`,
    stream: DENSE_10K.name,
    order,
  })),
};
