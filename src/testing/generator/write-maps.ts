/** Map operations. */
import {
  callHelper,
  jmpA,
  jmpImm,
  ldFunc,
  ldMapFd,
  ldMapValue,
  ldxMem,
  mov64Imm,
  mov64Reg,
  stxMem,
} from '../../isa/builders.js';
import { BPF_DW, BPF_JEQ, BPF_REG_FP } from '../../isa/opcodes.js';
import { helperId } from '../../kernel/helper-ids.js';
import { KEY, placeOffset, SHARED_PLACE, VALUE } from './frame.js';
import { reg, type FunctionWriter } from './function-writer.js';
import { DELETABLE, KEYED, MAPS, OUTER, QUEUES, WALKABLE, WRITABLE_DATA, mapIndex } from './maps.js';
import type { Draw, MemoryUse, Statement } from './model.js';
import { writeUse } from './write-memory.js';

const map_lookup_elem = helperId('map_lookup_elem');
const map_update_elem = helperId('map_update_elem');
const map_delete_elem = helperId('map_delete_elem');
const for_each_map_elem = helperId('for_each_map_elem');
const ringbuf_output = helperId('ringbuf_output');
const ringbuf_reserve = helperId('ringbuf_reserve');
const ringbuf_submit = helperId('ringbuf_submit');
const QUEUE_OPERATIONS = ['map_push_elem', 'map_pop_elem', 'map_peek_elem'].map(helperId);
/** Bytes of a ring buffer record. */
const RECORD = 16;

function drawn<T>(list: readonly T[], draw: Draw): T {
  return list[draw % list.length];
}

type Of<Do extends Statement['do']> = Extract<Statement, { do: Do }>;

/** Looks a key up in the map at R1; the result is compared with null, `missed` is the slot of that jump. */
function lookUp(writer: FunctionWriter): number {
  const { code } = writer;
  writer.putAddress(2, KEY);
  callHelper(code, map_lookup_elem);
  return code.jump((out) => {
    jmpImm(out, BPF_JEQ, 0, 0, 0);
  });
}

/** Uses the value at R0, by way of R2: compare-and-exchange needs R0. */
function useValue(writer: FunctionWriter, uses: readonly MemoryUse[], bytes: number): void {
  mov64Reg(writer.code, 2, 0);
  for (const use of uses) writeUse(writer, use, { base: 2, from: 0, bytes });
}

/** Writes the lookup; `missed` writes what happens when the key is not there. */
export function writeLookup(writer: FunctionWriter, statement: Of<'lookup'>, missed: () => void): void {
  const { code } = writer;
  const map = drawn(KEYED, statement.map);
  writer.putKey(statement.key);
  ldMapFd(code, 1, map);
  const miss = lookUp(writer);
  useValue(writer, statement.hit, MAPS[map].valueSize);
  if (statement.miss.length === 0) {
    code.land(miss);
    return;
  }
  const end = code.jump((out) => {
    jmpA(out, 0);
  });
  code.land(miss);
  missed();
  code.land(end);
}

export function writeInnerLookup(writer: FunctionWriter, statement: Of<'inner-lookup'>): void {
  const { code } = writer;
  const map = drawn(OUTER, statement.map);
  writer.putKey(statement.key);
  ldMapFd(code, 1, map);
  const noMap = lookUp(writer);
  mov64Reg(code, 1, 0);
  const miss = lookUp(writer);
  useValue(writer, statement.hit, MAPS[MAPS[map].inner ?? 0].valueSize);
  code.land(noMap);
  code.land(miss);
}

export function writeUpdate(writer: FunctionWriter, statement: Of<'update'>): void {
  const { code } = writer;
  writer.putKey(statement.key);
  writer.putValue(statement.value);
  ldMapFd(code, 1, drawn(KEYED, statement.map));
  writer.putAddress(2, KEY);
  writer.putAddress(3, VALUE);
  mov64Imm(code, 4, 0);
  callHelper(code, map_update_elem);
}

export function writeDelete(writer: FunctionWriter, statement: Of<'delete'>): void {
  const { code } = writer;
  writer.putKey(statement.key);
  ldMapFd(code, 1, drawn(DELETABLE, statement.map));
  writer.putAddress(2, KEY);
  callHelper(code, map_delete_elem);
}

export function writeQueue(writer: FunctionWriter, statement: Of<'queue'>): void {
  const { code } = writer;
  const operation = drawn(QUEUE_OPERATIONS, statement.operation);
  if (!writer.offers(operation)) return;
  writer.putValue(statement.value);
  ldMapFd(code, 1, drawn(QUEUES, statement.map));
  writer.putAddress(2, VALUE);
  mov64Imm(code, 3, 0);
  callHelper(code, operation);
  if (operation !== QUEUE_OPERATIONS[0]) ldxMem(code, BPF_DW, reg(statement.value), BPF_REG_FP, VALUE);
}

export function writeGlobal(writer: FunctionWriter, statement: Of<'global'>): void {
  const map = drawn(WRITABLE_DATA, statement.map);
  ldMapValue(writer.code, 2, map, 0);
  writeUse(writer, statement.use, { base: 2, from: 0, bytes: MAPS[map].valueSize });
}

export function writeRingbuf(writer: FunctionWriter, { reserve, value }: Of<'ringbuf'>): void {
  const { code } = writer;
  const events = mapIndex('events');
  if (!writer.offers(ringbuf_output) || !writer.offers(ringbuf_reserve)) return;
  if (!reserve) {
    writer.putValue(value);
    ldMapFd(code, 1, events);
    writer.putAddress(2, VALUE);
    mov64Imm(code, 3, RECORD);
    mov64Imm(code, 4, 0);
    callHelper(code, ringbuf_output);
    return;
  }
  ldMapFd(code, 1, events);
  mov64Imm(code, 2, RECORD);
  mov64Imm(code, 3, 0);
  callHelper(code, ringbuf_reserve);
  const none = code.jump((out) => {
    jmpImm(out, BPF_JEQ, 0, 0, 0);
  });
  stxMem(code, BPF_DW, 0, reg(value), 0);
  stxMem(code, BPF_DW, 0, reg(value), 8);
  mov64Reg(code, 1, 0);
  mov64Imm(code, 2, 0);
  callHelper(code, ringbuf_submit);
  code.land(none);
}

export function writeForEach(writer: FunctionWriter, statement: Of<'for-each'>): void {
  const { code, callees } = writer;
  if (callees.eachCallbacks === 0 || writer.isCallback || !writer.offers(for_each_map_elem)) return;
  writer.blur([], [SHARED_PLACE]);
  ldMapFd(code, 1, drawn(WALKABLE, statement.map));
  code.refer(`each-callback/${statement.callback % callees.eachCallbacks}`);
  ldFunc(code, 2, 0);
  writer.putAddress(3, placeOffset(SHARED_PLACE));
  mov64Imm(code, 4, 0);
  callHelper(code, for_each_map_elem);
  mov64Reg(code, reg(statement.left), 0);
}
