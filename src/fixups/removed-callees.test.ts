/**
 * References to callbacks that went as dead code, as Debian's 6.12.107-1 and 7.2.13-1 have them: every number here was read
 * from what those kernels had loaded (`bpf_prog_info.xlated_prog_insns`); what is refused here they refuse with -EFAULT.
 */
import { describe, expect, it } from 'vitest';
import {
  alu64Imm,
  callHelper,
  callSubprog,
  exit,
  jmpImm,
  ldFunc,
  ldxMem,
  mov32Imm,
  mov64Imm,
  mov64Reg,
} from '../isa/builders.js';
import { codeOf, offOf, srcOf } from '../isa/insn.js';
import {
  BPF_ADD,
  BPF_CALL,
  BPF_JEQ,
  BPF_JMP,
  BPF_PSEUDO_CALL,
  BPF_PSEUDO_FUNC,
  BPF_W,
  LD_IMM64,
} from '../isa/opcodes.js';
import { profileOf } from '../kernel/index.js';
import { BPF_FUNC_loop } from '../kernel/special-helpers.js';
import type { BpfObject, BpfProgram } from '../object/program.js';
import { Code } from '../testing/generator/code.js';
import { deriveFacts } from '../verifier/index.js';
import { REFERENCE, STRATEGIES, type Strategy } from '../../strategies/index.js';
import { dumpXlated } from './dump.js';
import { FixupError } from './pass.js';
import { layOut, newEnv, runPasses } from './pipeline.js';
import { AUX_BEYOND_END } from './removed-callees.js';

type Body = (code: Code) => void;

/** Offset of `mark` in `struct __sk_buff`. */
const MARK = 8;

/** `bpf_loop()` that makes no turn; with flags of 0 it becomes a loop in line, with others it stays a call. */
function loop(code: Code, callback: string, inLine: boolean): void {
  if (!inLine) ldxMem(code, BPF_W, 4, 6, MARK);
  mov32Imm(code, 1, 0);
  code.refer(callback);
  ldFunc(code, 2, 0);
  mov64Imm(code, 3, 0);
  if (inLine) mov64Imm(code, 4, 0);
  callHelper(code, BPF_FUNC_loop);
}

function call(code: Code, callee: string): void {
  code.refer(callee);
  callSubprog(code, 0);
}

/** A function of `length` instructions that returns a number. */
function constant(length: number): Body {
  return (code) => {
    for (let at = 1; at < length; at++) mov64Imm(code, 0, at);
    exit(code);
  };
}

/** Three instructions of which two are ever reached, and two dead ones between them. */
const holey: Body = (code) => {
  mov64Imm(code, 0, 0);
  jmpImm(code, BPF_JEQ, 0, 0, 2);
  mov64Imm(code, 0, 1);
  mov64Imm(code, 0, 2);
  exit(code);
};

/** A classifier of these functions, main first. */
function classifier(functions: Readonly<Record<string, Body>>): { object: BpfObject; program: BpfProgram } {
  const code = new Code();
  const starts = new Map<string, number>();
  for (const [name, write] of Object.entries(functions)) {
    starts.set(name, code.length);
    write(code);
  }
  for (const { slot, callee } of code.references) code.setImm(slot, starts.get(callee)! - slot - 1);
  const program: BpfProgram = {
    name: 'main',
    section: 'tc',
    type: 3,
    attachType: 0,
    flags: 0,
    attachTarget: '',
    insns: code.toWords(),
    subprogs: [...starts].map(([name, start]) => ({ name, start, global: false })),
    lineInfo: [],
    funcInfo: [],
  };
  const object = { fileName: 'turns.bpf.o', license: 'GPL', maps: [], programs: [program], failures: [] };
  return { object, program };
}

/** References to subprograms in a dump: `address` as [slot, imm, imm of the second half], `call` as [slot, off, imm]. */
interface References {
  readonly address: number[][];
  readonly call: number[][];
  readonly length: number;
}

function references(
  { object, program }: ReturnType<typeof classifier>,
  release: string,
  strategy: Strategy,
): References {
  const profile = profileOf(release);
  const facts = deriveFacts(object, program, profile);
  const prepared = layOut(object, program, profile, {}, facts);
  const store = strategy.create(prepared.input);
  const env = newEnv(prepared, store);
  runPasses(env);
  const linear = store.finish();
  const farCalls = release === '7.2' ? 'zero' : 'truncated';
  const { words } = dumpXlated({ linear, object, program, symbols: env.symbols, farCalls });
  const found: References = { address: [], call: [], length: linear.length };
  for (let slot = 0; slot < linear.length; slot++) {
    const [w0, imm] = words.subarray(2 * slot);
    if (codeOf(w0) === LD_IMM64 && srcOf(w0) === BPF_PSEUDO_FUNC)
      found.address.push([slot, imm, words[2 * slot + 3]]);
    if (codeOf(w0) === (BPF_JMP | BPF_CALL) && srcOf(w0) === BPF_PSEUDO_CALL)
      found.call.push([slot, offOf(w0), imm]);
  }
  return found;
}

const REFUSED = 'the subprogram it refers to went as dead code, and no other starts there then';

/** Before a live function: `before`. */
const before = classifier({
  main: (code) => {
    mov64Reg(code, 6, 1);
    loop(code, 'a', true);
    ldxMem(code, BPF_W, 1, 6, MARK);
    call(code, 'f');
    exit(code);
  },
  a: constant(5),
  f: constant(5),
});

/** Behind it. */
const last = classifier({
  main: (code) => {
    mov64Reg(code, 6, 1);
    ldxMem(code, BPF_W, 1, 6, MARK);
    call(code, 'f');
    mov64Reg(code, 7, 0);
    loop(code, 'a', false);
    mov64Reg(code, 0, 7);
    exit(code);
  },
  f: constant(5),
  a: constant(5),
});

/** Two in a row before live functions, of which the first is `length` long. */
function two(length: number): ReturnType<typeof classifier> {
  return classifier({
    main: (code) => {
      mov64Reg(code, 6, 1);
      loop(code, 'a', false);
      loop(code, 'b', false);
      ldxMem(code, BPF_W, 1, 6, MARK);
      call(code, 'f');
      mov64Reg(code, 7, 0);
      ldxMem(code, BPF_W, 1, 6, MARK);
      call(code, 'g');
      alu64Imm(code, BPF_ADD, 0, 7);
      exit(code);
    },
    a: constant(length),
    b: constant(7),
    f: constant(5),
    g: constant(3),
  });
}

/** Two in a row before a function that has dead code, too: 5 + 2 slots into the run, 3 once all is gone. */
const laterRun = classifier({
  main: (code) => {
    mov64Reg(code, 6, 1);
    loop(code, 'a', true);
    loop(code, 'b', false);
    call(code, 'holey');
    mov64Reg(code, 7, 0);
    ldxMem(code, BPF_W, 1, 6, MARK);
    call(code, 'g');
    alu64Imm(code, BPF_ADD, 0, 7);
    exit(code);
  },
  a: constant(5),
  b: constant(7),
  holey,
  g: constant(3),
});

/** Nothing but callbacks. */
const twoAlone = classifier({
  main: (code) => {
    mov64Reg(code, 6, 1);
    loop(code, 'a', false);
    loop(code, 'b', false);
    ldxMem(code, BPF_W, 0, 6, MARK);
    exit(code);
  },
  a: constant(5),
  b: constant(7),
});

/** Nothing but one, behind dead code of main. */
const deadTail = classifier({
  main: (code) => {
    mov64Imm(code, 1, 0);
    code.refer('a');
    ldFunc(code, 2, 0);
    mov64Imm(code, 3, 0);
    mov64Imm(code, 4, 0);
    callHelper(code, BPF_FUNC_loop);
    mov64Imm(code, 6, 0);
    jmpImm(code, BPF_JEQ, 6, 1, 2);
    mov64Imm(code, 0, 0);
    exit(code);
    mov64Imm(code, 0, 1);
    mov32Imm(code, 0, 1);
    exit(code);
  },
  a: constant(5),
});

describe.each([...STRATEGIES, REFERENCE])('references to removed callbacks over $name', (strategy) => {
  it('are of the subprogram that starts in their place', () => {
    const { address, call } = references(before, '6.12', strategy);
    expect(address).toEqual([[2, 25, 1]]);
    expect(call).toEqual([
      [18, 9, 1],
      [26, 1, 1],
    ]);
  });

  it('are of a subprogram further on when one starts as far on as they aimed into the run', () => {
    const { address, call } = references(two(5), '6.12', strategy);
    expect(address).toEqual([
      [3, 16, 1],
      [9, 15, 2],
    ]);
    expect(call).toEqual([
      [14, 5, 1],
      [17, 7, 2],
    ]);
  });

  it('count the slots before later dead code goes, too', () => {
    const { address, call } = references(laterRun, '6.12', strategy);
    expect(address).toEqual([
      [2, 34, 1],
      [27, 11, 2],
    ]);
    expect(call).toEqual([
      [18, 18, 1],
      [31, 5, 1],
      [34, 4, 2],
    ]);
  });

  it.each(['6.12', '7.2'])('make %s refuse the program when no subprogram starts there', (release) => {
    expect(() => references(last, release, strategy)).toThrow(new FixupError(`insn 6: ${REFUSED}`));
    expect(() => references(two(4), release, strategy)).toThrow(new FixupError(`insn 9: ${REFUSED}`));
  });

  it('keep their slots beyond the end when only main is left', () => {
    expect(references(twoAlone, '6.12', strategy)).toEqual({
      address: [
        [3, 11, 0],
        [9, 10, 0],
      ],
      call: [],
      length: 15,
    });
    expect(references(deadTail, '6.12', strategy)).toEqual({
      address: [[1, 28, 0]],
      call: [[17, 0, 12]],
      length: 27,
    });
    expect(references(deadTail, '7.2', strategy).call).toEqual([[17, 12, 0]]);
  });

  it('are like any others in 6.1, which checks the callback of a loop without turns', () => {
    expect(references(last, '6.1', strategy).address).toEqual([[6, 10, 2]]);
    expect(references(deadTail, '6.1', strategy)).toEqual({
      address: [[1, 25, 1]],
      call: [[17, 9, 1]],
      length: 32,
    });
  });
});

describe('a program that throws without a callback for it', () => {
  const { object, program } = classifier({
    main: (code) => {
      mov64Reg(code, 6, 1);
      loop(code, 'a', false);
      exit(code);
    },
    a: constant(5),
  });
  const profile = profileOf('6.12');
  const facts = deriveFacts(object, program, profile);

  it('has several subprograms in the end, so that nothing may refer to removed ones', () => {
    const prepared = layOut(object, program, profile, {}, { ...facts, seenException: true });
    expect(() => {
      runPasses(newEnv(prepared, REFERENCE.create(prepared.input)));
    }).toThrow(REFUSED);
  });

  it('is not counted so when it has one', () => {
    const prepared = layOut(
      object,
      program,
      profile,
      {},
      { ...facts, seenException: true, exceptionCallback: 0 },
    );
    const store = REFERENCE.create(prepared.input);
    runPasses(newEnv(prepared, store));
    const { aux, auxWords, length, insns } = store.finish();
    expect(length + aux[3 * auxWords + AUX_BEYOND_END]).toBe(3 + 1 + insns[2 * 3 + 1]);
  });
});
