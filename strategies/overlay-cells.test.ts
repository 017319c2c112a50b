/** The order of the overlay's records against a plain list of lists, edit by edit. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newCounters } from './counters.js';
import { OverlayCells } from './overlay-cells.js';
import { NONE, type Pos } from './store.js';

const LOADED = 12;
const ADDED = 200;

/** Cells with their edits open to a test, beside a list of records for each slot. */
class Cells extends OverlayCells {
  private readonly model = Array.from({ length: LOADED }, (_, slot) => [slot]);
  private used = LOADED;

  constructor() {
    super(LOADED, newCounters());
    this.growCells(ADDED);
  }

  order(): Pos[] {
    return this.model.flat();
  }

  /** Replaces the `nth` record by so many. */
  replace(nth: number, length: number): void {
    const { pos, slot, at } = this.placeOf(nth);
    const first = this.used;
    if (pos < LOADED) {
      this.used += length;
      this.fillCell(slot, first, this.used - 1);
      this.model[slot] = Array.from({ length }, (_, k) => first + k);
    } else if (length > 1) {
      this.used += length - 1;
      this.linkBeforeAdded(pos, first, this.used - 1);
      this.model[slot].splice(at, 0, ...Array.from({ length: length - 1 }, (_, k) => first + k));
    }
  }

  remove(nth: number): void {
    const { pos, slot, at } = this.placeOf(nth);
    if (this.locate(slot) === pos) this.homes[slot] = NONE;
    this.unlink(pos);
    this.model[slot].splice(at, 1);
  }

  private placeOf(nth: number): { pos: Pos; slot: number; at: number } {
    const order = this.order();
    const pos = order[nth % order.length];
    const slot = this.model.findIndex((cell) => cell.includes(pos));
    return { pos, slot, at: this.model[slot].indexOf(pos) };
  }
}

function walked(from: Pos, step: (pos: Pos) => Pos): Pos[] {
  const met: Pos[] = [];
  for (let pos = from; pos !== NONE && met.length <= ADDED; pos = step(pos)) met.push(pos);
  return met;
}

function expectOrder(cells: Cells): void {
  const order = cells.order();
  expect(walked(cells.first(), (pos) => cells.next(pos))).toEqual(order);
  const last = order.at(-1) ?? NONE;
  expect(walked(last, (pos) => cells.prev(pos))).toEqual(order.toReversed());
}

describe('the cells of the overlay', () => {
  it('keep the order of a plain list, forwards and back, whatever is replaced and removed', () => {
    const edit = fc.record({ nth: fc.nat(99), length: fc.integer({ min: 0, max: 4 }) });
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 40 }), (edits) => {
        const cells = new Cells();
        for (const { nth, length } of edits) {
          if (cells.order().length === 0) break;
          if (length === 0) cells.remove(nth);
          else cells.replace(nth, length);
          expectOrder(cells);
        }
      }),
    );
  });

  it.each([
    { name: 'from the front', gone: [2, 3, 4, 5, 6] },
    { name: 'from the back', gone: [6, 5, 4, 3, 2] },
    { name: 'in two parts that meet', gone: [2, 3, 5, 6, 4] },
    { name: 'up to the end', gone: [7, 8, 9, 10, 11] },
    { name: 'up to the front', gone: [4, 3, 2, 1, 0] },
  ])('step over empty ones that were emptied $name', ({ gone }) => {
    const cells = new Cells();
    for (const pos of gone) cells.remove(cells.order().indexOf(pos));
    expectOrder(cells);
    expect(gone.map((slot) => cells.locate(slot))).toEqual(gone.map(() => NONE));
  });

  it('are none when all records are gone', () => {
    const cells = new Cells();
    while (cells.order().length > 0) cells.remove(0);
    expect(cells.first()).toBe(NONE);
  });

  it('locate the last record of a cell until it is removed', () => {
    const cells = new Cells();
    cells.replace(3, 3);
    expect(cells.locate(3)).toBe(LOADED + 2);
    cells.remove(5);
    expect(cells.locate(3)).toBe(NONE);
    expectOrder(cells);
  });
});
