/** A made-up measurement with rows for every section of the page; its times mean nothing. */
import type { Row } from '../../../bench/columns.js';
import { total } from '../../testing/rows.js';

/** A file name that would be markup, a formula and an attribute’s end if anything let it. */
export const HOSTILE_NAME = `=<img src=x onerror=alert(1)>"'&</script>\u0007.bpf.o`;

const STRATEGIES = ['array', 'linked-list', 'gap-buffer', 'batch', 'floor'] as const;
const CELLS = ['array', 'gap', 'list'].flatMap((container) =>
  ['eager', 'deferred'].flatMap((branches) =>
    ['inline', 'handle'].map((aux) => `${container}-${branches}-${aux}`),
  ),
);
const PARTS = ['branch-probe', 'branch-adjust', 'aux-alloc', 'aux-move', 'insn-move', 'metadata'];
const PROCESSES = 3;

/** The rows: three processes of everything, the array missing where ladders get long. */
export function madeUpRows(): Row[] {
  const rows: Row[] = [];
  const add = (
    name: string,
    strategies: readonly string[],
    slots: number,
    patches: number,
    more: Partial<Row> = {},
  ) => {
    strategies.forEach((strategy, at) => {
      const factor = strategy.startsWith('array') ? patches / 100 : at + 1;
      for (let process = 1; process <= PROCESSES; process++) {
        const ms = (slots / 10_000) * factor * (1 + process / 50);
        const size = { prog_size: slots, expanding_patches: patches, patches, peak_rss_kb: 90_000 + slots };
        const passes = strategy === 'array-parts' ? PARTS : ['init', 'misc-fixups', 'finish'];
        for (const pass of passes)
          rows.push(total(name, strategy, ms / passes.length, { ...size, process, pass, ...more }));
        rows.push(total(name, strategy, ms, { ...size, process, ...more }));
      }
    });
  };
  const program = { file_name: 'pystacks180.bpf.o' };
  add('dense-10k', [...STRATEGIES, 'array-parts', ...CELLS], 10_000, 5_000);
  add('on_switch', [...STRATEGIES, 'array-parts', ...CELLS], 45_988, 904, program);
  add('on_switch+blinded', STRATEGIES, 45_988, 904, program);
  for (const k of [2, 4, 8, 15]) add(`ladder-${k}k`, STRATEGIES, k * 2_000, k * 1_000);
  add('ladder-1M', STRATEGIES.slice(1), 2_000_000, 1_000_000);
  for (const k of [2, 4, 8, 16, 31]) add(`sweep-n-${k}k`, STRATEGIES, k * 1_000, 1_000);
  for (const m of [500, 1_000, 2_000, 4_000, 8_000]) add(`sweep-m-${m}`, STRATEGIES, 16_000, m);
  for (const order of ['ascending', 'descending', 'clustered', 'scattered'])
    add(`order-${order}`, STRATEGIES, 10_000, 5_000);
  for (const bytes of [56, 72, 88, 136]) add(`aux-${bytes}`, STRATEGIES, 10_000, 5_000, { aux_bytes: bytes });
  add('classify', STRATEGIES, 300, 20, { file_name: HOSTILE_NAME, timer_warning: 'few-samples' });
  return rows;
}
