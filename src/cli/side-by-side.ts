/**
 * A program as loaded beside the same program rewritten, one instruction a line, what became of it in the lines below:
 *
 *        3: (85) call bpf_map_lookup_elem#1  |    3: (85) call __htab_map_lookup_elem#…   misc-fixups
 *                                            >    4: (15) if r0 == 0x0 goto pc+1          misc-fixups
 *        4: (05) goto pc+0                   <
 *
 * ` ` the same text on both sides, `|` changed, `>` added, `<` gone.
 */
import { styleText } from 'node:util';
import type { Provenance } from '../fixups/provenance.js';
import { PASSES } from '../fixups/pipeline.js';
import type { InsnText } from './insn-texts.js';

/** Colour of what each pass made, by the pass's place in the kernel's order. */
const COLOURS = ['cyan', 'green', 'yellow', 'blue', 'magenta', 'red'] as const;
/** The left side is cut where it gets wider. */
const WIDEST = 58;

/** The lines, without line ends. */
export function* sideBySide(
  { origins, survives }: Provenance,
  loaded: InsnText,
  rewritten: InsnText,
  colours: boolean,
): Generator<string, void> {
  const becameOf = survives.map((): number[] => []);
  origins.forEach(({ originalSlot }, slot) => becameOf[originalSlot].push(slot));
  const lefts = survives.map((_, slot) => numbered(slot, loaded(slot)));
  const width = Math.min(
    WIDEST,
    lefts.reduce((widest, text) => Math.max(widest, text?.length ?? 0), 0),
  );
  const paint = painter(colours);
  for (const [original, left] of lefts.entries()) {
    const slots = becameOf[original].filter((slot) => rewritten(slot) !== undefined);
    if (slots.length === 0 && left !== undefined) yield `${fit(left, width)} <`;
    for (const [at, slot] of slots.entries()) {
      const right = numbered(slot, rewritten(slot))!;
      const { edits } = origins[slot];
      const pass = edits.at(0)?.pass;
      const same = at === 0 && rewritten(slot) === loaded(original);
      const mark = at > 0 || left === undefined ? '>' : same ? ' ' : '|';
      const head = `${fit(at === 0 ? (left ?? '') : '', width)} ${mark} `;
      yield pass === undefined ? head + right : head + paint(`${right}   ${pass}`, pass);
    }
  }
}

function numbered(slot: number, text: string | undefined): string | undefined {
  return text === undefined ? undefined : `${slot.toString().padStart(5)}: ${text}`;
}

function fit(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width);
}

function painter(colours: boolean): (text: string, pass: string) => string {
  if (!colours) return (text) => text;
  const colourOf = new Map(PASSES.map(({ name }, at) => [name, COLOURS[at % COLOURS.length]]));
  return (text, pass) => styleText(colourOf.get(pass) ?? 'white', text, { validateStream: false });
}
