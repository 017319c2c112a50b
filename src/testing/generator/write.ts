/** From a tree of statements to an object with one program, as the loader would hand it over. */
import type { BpfObject, BpfProgram, FuncInfo, LineInfo, Subprog } from '../../object/program.js';
import { BPF_REG_FP } from '../../isa/opcodes.js';
import { Code } from './code.js';
import { placeOffset } from './frame.js';
import { FunctionWriter, type Callees, type FunctionRole } from './function-writer.js';
import type { Setting } from './kind.js';
import { MAPS } from './maps.js';
import type { ProgramSpec, Statement } from './model.js';
import {
  writeBpfLoop,
  writeCall,
  writeDead,
  writeIf,
  writeLoop,
  writeMayGoto,
  writeNop,
  writeTailCall,
} from './write-control.js';
import { writeContextLoad, writeContextStore, writePacket, writePacketLoad } from './write-context.js';
import {
  writeDelete,
  writeForEach,
  writeGlobal,
  writeInnerLookup,
  writeLookup,
  writeQueue,
  writeRingbuf,
  writeUpdate,
} from './write-maps.js';
import { writeUse } from './write-memory.js';
import {
  writeArithmetic,
  writeConstant,
  writeConvert,
  writeDivide,
  writeFastcall,
  writeHelper,
  writeProbe,
} from './write-values.js';

/** An object of one program. */
export interface Generated {
  readonly object: BpfObject;
  readonly program: BpfProgram;
}

/** Slots of main; functions and callbacks get a tenth. */
export const MOST_SLOTS = 6_000;

/**
 * Writes the program: main, then each function that is referred to, in the order of the first reference. A function main
 * calls has the statements `spec.functions[i]`; so has the leaf of that number, which calls nothing.
 */
export function writeProgram(spec: ProgramSpec, setting: Setting, mostSlots = MOST_SLOTS): Generated {
  const half = Math.ceil(spec.functions.length / 2);
  const callees: Callees = {
    functions: half,
    leaves: spec.functions.length - half,
    loopCallbacks: spec.loopCallbacks.length,
    // In programs with many functions: none, one or both of the two.
    unreachedCallbacks: Math.max(spec.functions.length - 2, 0),
    eachCallbacks: spec.eachCallbacks.length,
  };
  const bodies: Readonly<Record<FunctionRole, readonly (readonly Statement[])[]>> = {
    main: [spec.main],
    function: spec.functions.slice(0, half),
    leaf: spec.functions.slice(half),
    'loop-callback': spec.loopCallbacks,
    'each-callback': spec.eachCallbacks,
  };

  const linked = new Code();
  const starts = new Map<string, number>();
  const waiting = ['main/0'];
  for (const name of waiting) {
    if (starts.has(name)) continue;
    const [role, index] = name.split('/') as [FunctionRole, string];
    const slots = role === 'main' ? mostSlots : Math.ceil(mostSlots / 10);
    const writer = new FunctionWriter(setting, role, callees, slots);
    writer.enter();
    writeBody(writer, bodies[role][Number(index)]);
    writer.leave();
    starts.set(name, linked.length);
    linked.append(writer.code);
    for (const { callee } of writer.code.references) if (!starts.has(callee)) waiting.push(callee);
  }
  // Distances count from the next slot, for the address of a function from its second one as libbpf has it.
  for (const { slot, callee } of linked.references) linked.setImm(slot, (starts.get(callee) ?? 0) - slot - 1);
  return assemble(linked, starts, setting);
}

function assemble(code: Code, starts: ReadonlyMap<string, number>, { kind }: Setting): Generated {
  const subprogs = [...starts].map(([name, start]): Subprog => ({
    name: name === 'main/0' ? 'main' : name.replace(/\W/g, '_'),
    start,
    global: false,
  }));
  const program: BpfProgram = {
    name: 'main',
    section: kind.section,
    type: kind.type,
    attachType: kind.attachType,
    flags: 0,
    attachTarget: '',
    insns: code.toWords(),
    subprogs,
    lineInfo: code.lines.map((slot, index): LineInfo => ({
      slot,
      fileNameOff: 1,
      lineOff: 1,
      line: index + 1,
      column: 1,
    })),
    funcInfo: subprogs.map(({ start }, index): FuncInfo => ({ slot: start, typeId: index + 1 })),
  };
  const object = {
    fileName: 'generated.bpf.o',
    license: 'GPL',
    maps: MAPS,
    programs: [program],
    failures: [],
  };
  return { object, program };
}

function writeBody(writer: FunctionWriter, body: readonly Statement[]): void {
  for (const statement of body) {
    if (writer.full) return;
    writer.code.line();
    writeStatement(writer, statement);
  }
}

function writeStatement(writer: FunctionWriter, statement: Statement): void {
  const inside = (body: readonly Statement[]): void => {
    writeBody(writer, body);
  };
  switch (statement.do) {
    case 'arithmetic':
      writeArithmetic(writer, statement);
      break;
    case 'divide':
      writeDivide(writer, statement);
      break;
    case 'convert':
      writeConvert(writer, statement);
      break;
    case 'constant':
      writeConstant(writer, statement);
      break;
    case 'stack':
      writeUse(writer, statement.use, { base: BPF_REG_FP, from: placeOffset(statement.place), bytes: 8 });
      break;
    case 'helper':
      writeHelper(writer, statement);
      break;
    case 'fastcall':
      writeFastcall(writer, statement);
      break;
    case 'probe':
      writeProbe(writer, statement);
      break;
    case 'if':
      writeIf(writer, statement, inside);
      break;
    case 'dead':
      writeDead(writer, statement, inside);
      break;
    case 'nop':
      writeNop(writer, statement);
      break;
    case 'loop':
      writeLoop(writer, statement, inside);
      break;
    case 'may-goto':
      writeMayGoto(writer, statement, inside);
      break;
    case 'repeat':
      for (let time = 0; time < statement.times && !writer.full; time++) inside(statement.body);
      break;
    case 'lookup':
      writeLookup(writer, statement, () => {
        inside(statement.miss);
      });
      break;
    case 'update':
      writeUpdate(writer, statement);
      break;
    case 'delete':
      writeDelete(writer, statement);
      break;
    case 'queue':
      writeQueue(writer, statement);
      break;
    case 'inner-lookup':
      writeInnerLookup(writer, statement);
      break;
    case 'global':
      writeGlobal(writer, statement);
      break;
    case 'ringbuf':
      writeRingbuf(writer, statement);
      break;
    case 'tail-call':
      writeTailCall(writer, statement);
      break;
    case 'call':
      writeCall(writer, statement);
      break;
    case 'bpf-loop':
      writeBpfLoop(writer, statement);
      break;
    case 'for-each':
      writeForEach(writer, statement);
      break;
    case 'context-load':
      writeContextLoad(writer, statement);
      break;
    case 'context-store':
      writeContextStore(writer, statement);
      break;
    case 'packet':
      writePacket(writer, statement);
      break;
    case 'packet-load':
      writePacketLoad(writer, statement);
      break;
  }
}
