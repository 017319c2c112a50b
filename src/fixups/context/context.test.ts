import { describe, expect, it } from 'vitest';
import { PatchBuffer } from '../../../strategies/patch-buffer.js';
import * as b from '../../isa/builders.js';
import { dstOf, offOf, word0 } from '../../isa/insn.js';
import * as op from '../../isa/opcodes.js';
import { contextAccess, socketAccess, type SocketPointer } from '../../kernel/contexts/index.js';
import {
  BPF_SK_LOOKUP,
  BPF_SOCK,
  BPF_SOCKOPT,
  BPF_SOCK_ADDR,
  BPF_SOCK_OPS,
  BPF_TCP_SOCK,
  BPF_XDP_SOCK,
  SK_BUFF,
  XDP_MD,
  type Layout,
} from '../../kernel/contexts/layouts.js';
import { RELEASES, profileOf } from '../../kernel/index.js';
import { ATTACH_TYPE_NAMES, PROG_TYPE, PROG_TYPE_NAMES } from '../../kernel/types.js';
import {
  PTR_TO_CTX,
  PTR_TO_SOCKET,
  PTR_TO_SOCK_COMMON,
  PTR_TO_TCP_SOCK,
  PTR_TO_XDP_SOCK,
} from '../../verifier/facts.js';
import { Conversion, sizeBits, type FieldTable } from './conversion.js';
import { conversionTables } from './index.js';

const profile = profileOf('6.12');
const at = (struct: string, member: string): number => profile.member(struct, member).offset;

interface Converted {
  readonly words: number[];
  readonly length: number;
  readonly targetSize: number;
}

/** Converts one instruction by a table, without what the pass adds for narrow loads. */
function convertBy(table: FieldTable, w0: number, imm: number, tstampTypeAccess = false): Converted {
  const out = new PatchBuffer();
  const access = new Conversion(out);
  access.write = (w0 & 7) !== op.BPF_LDX;
  access.code = w0 & 0xff;
  access.dst = dstOf(w0);
  access.src = (w0 >>> 12) & 0xf;
  access.off = offOf(w0);
  access.imm = imm;
  access.tstampTypeAccess = tstampTypeAccess;
  table.convert(access);
  return {
    words: [...out.words.subarray(0, 2 * out.length)],
    length: out.length,
    targetSize: access.targetSize,
  };
}

function convert(
  type: keyof typeof PROG_TYPE,
  insn: (out: b.InsnSink) => void,
  tstampTypeAccess = false,
): number[] {
  const table = conversionTables(profile, PROG_TYPE[type])[PTR_TO_CTX]!;
  const [w0 = 0, w1 = 0] = b.wordsOf(insn);
  return convertBy(table, w0, w1, tstampTypeAccess).words;
}

function words(build: (out: b.InsnList) => void): number[] {
  return [...b.wordsOf(build)];
}

describe('__sk_buff', () => {
  it('reads a bit field with its mask', () => {
    expect(convert('SOCKET_FILTER', (out) => b.ldxMem(out, op.BPF_W, 3, 1, SK_BUFF.at('pkt_type')))).toEqual(
      words((out) => {
        b.ldxMem(out, op.BPF_B, 3, 1, 128);
        b.alu32Imm(out, op.BPF_AND, 3, 7);
      }),
    );
  });

  it('reads the device’s number, which only in tc is there for sure', () => {
    const load = (out: b.InsnSink): void => b.ldxMem(out, op.BPF_W, 3, 1, SK_BUFF.at('ifindex'));
    const device = at('sk_buff', 'dev');
    const ifindex = at('net_device', 'ifindex');
    expect(convert('CGROUP_SKB', load)).toEqual(
      words((out) => {
        b.ldxMem(out, op.BPF_DW, 3, 1, device);
        b.jmpImm(out, op.BPF_JEQ, 3, 0, 1);
        b.ldxMem(out, op.BPF_W, 3, 3, ifindex);
      }),
    );
    expect(convert('SCHED_CLS', load)).toEqual(
      words((out) => {
        b.ldxMem(out, op.BPF_DW, 3, 1, device);
        b.ldxMem(out, op.BPF_W, 3, 3, ifindex);
      }),
    );
  });

  it('stores no transmit queue that means none', () => {
    const queue = SK_BUFF.at('queue_mapping');
    const member = at('sk_buff', 'queue_mapping');
    expect(convert('SCHED_CLS', (out) => b.stxMem(out, op.BPF_W, 1, 2, queue))).toEqual(
      words((out) => {
        b.jmpImm(out, op.BPF_JGE, 2, 0xffff, 1);
        b.stxMem(out, op.BPF_H, 1, 2, member);
      }),
    );
    expect(convert('SCHED_CLS', (out) => b.stMem(out, op.BPF_W, 1, queue, 5))).toEqual(
      words((out) => b.stMem(out, op.BPF_H, 1, member, 5)),
    );
    expect(convert('SCHED_CLS', (out) => b.stMem(out, op.BPF_W, 1, queue, 0xffff))).toEqual(
      words((out) => b.jmpA(out, 0)),
    );
  });

  it('hides delivery times at ingress from programs that do not ask for the kind', () => {
    const load = (out: b.InsnSink): void => b.ldxMem(out, op.BPF_DW, 2, 1, SK_BUFF.at('tstamp'));
    const stamp = at('sk_buff', 'tstamp');
    expect(convert('SCHED_CLS', load)).toEqual(
      words((out) => {
        b.ldxMem(out, op.BPF_B, op.BPF_REG_AX, 1, 129);
        b.jmp32Imm(out, op.BPF_JSET, op.BPF_REG_AX, 4, 1);
        b.jmpA(out, 4);
        b.jmp32Imm(out, op.BPF_JSET, op.BPF_REG_AX, 3, 1);
        b.jmpA(out, 2);
        b.mov64Imm(out, 2, 0);
        b.jmpA(out, 1);
        b.ldxMem(out, op.BPF_DW, 2, 1, stamp);
      }),
    );
    expect(convert('SCHED_CLS', load, true)).toEqual(words((out) => b.ldxMem(out, op.BPF_DW, 2, 1, stamp)));
  });

  it('turns a delivery time into an ordinary one when such a program stores', () => {
    expect(convert('SCHED_CLS', (out) => b.stMem(out, op.BPF_DW, 1, SK_BUFF.at('tstamp'), 9))).toEqual(
      words((out) => {
        b.ldxMem(out, op.BPF_B, op.BPF_REG_AX, 1, 129);
        b.jmp32Imm(out, op.BPF_JSET, op.BPF_REG_AX, 4, 1);
        b.jmpA(out, 2);
        b.alu32Imm(out, op.BPF_AND, op.BPF_REG_AX, ~3);
        b.stxMem(out, op.BPF_B, 1, op.BPF_REG_AX, 129);
        b.stMem(out, op.BPF_DW, 1, at('sk_buff', 'tstamp'), 9);
      }),
    );
  });

  it('finds the shared info behind the linear data', () => {
    expect(convert('SCHED_CLS', (out) => b.ldxMem(out, op.BPF_W, 1, 1, SK_BUFF.at('gso_size')))).toEqual(
      words((out) => {
        b.ldxMem(out, op.BPF_W, op.BPF_REG_AX, 1, at('sk_buff', 'end'));
        b.ldxMem(out, op.BPF_DW, 1, 1, at('sk_buff', 'head'));
        b.alu64Reg(out, op.BPF_ADD, 1, op.BPF_REG_AX);
        b.ldxMem(out, op.BPF_H, 1, 1, at('skb_shared_info', 'gso_size'));
      }),
    );
  });

  it('keeps the control block where the program type has it', () => {
    const load = (out: b.InsnSink): void => b.ldxMem(out, op.BPF_H, 2, 1, SK_BUFF.at('cb') + 6);
    const cb = at('sk_buff', 'cb');
    expect(convert('SCHED_CLS', load)).toEqual(words((out) => b.ldxMem(out, op.BPF_H, 2, 1, cb + 8 + 6)));
    expect(convert('SK_SKB', load)).toEqual(words((out) => b.ldxMem(out, op.BPF_H, 2, 1, cb + 6)));
  });

  it('computes the end of data for socket programs, saving a register if it must', () => {
    const end = SK_BUFF.at('data_end');
    const sum = (out: b.InsnSink, register: number, src: number): void => {
      b.ldxMem(out, op.BPF_DW, register, src, at('sk_buff', 'data'));
      b.ldxMem(out, op.BPF_W, op.BPF_REG_AX, src, at('sk_buff', 'len'));
      b.alu64Reg(out, op.BPF_ADD, register, op.BPF_REG_AX);
      b.ldxMem(out, op.BPF_W, op.BPF_REG_AX, src, at('sk_buff', 'data_len'));
      b.alu64Reg(out, op.BPF_SUB, register, op.BPF_REG_AX);
    };
    const saved = at('sk_buff', 'cb') + at('sk_skb_cb', 'temp_reg');
    expect(convert('SK_SKB', (out) => b.ldxMem(out, op.BPF_W, 2, 1, end))).toEqual(
      words((out) => sum(out, 2, 1)),
    );
    expect(convert('SK_SKB', (out) => b.ldxMem(out, op.BPF_W, 9, 9, end))).toEqual(
      words((out) => {
        b.stxMem(out, op.BPF_DW, 9, 8, saved);
        sum(out, 8, 9);
        b.mov64Reg(out, op.BPF_REG_AX, 9);
        b.mov64Reg(out, 9, 8);
        b.ldxMem(out, op.BPF_DW, 8, op.BPF_REG_AX, saved);
      }),
    );
  });
});

describe('the other contexts', () => {
  it('find the device of an XDP program through its queue', () => {
    expect(convert('XDP', (out) => b.ldxMem(out, op.BPF_W, 4, 6, XDP_MD.at('ingress_ifindex')))).toEqual(
      words((out) => {
        b.ldxMem(out, op.BPF_DW, 4, 6, at('xdp_buff', 'rxq'));
        b.ldxMem(out, op.BPF_DW, 4, 4, at('xdp_rxq_info', 'dev'));
        b.ldxMem(out, op.BPF_W, 4, 4, at('net_device', 'ifindex'));
      }),
    );
  });

  it('borrow a register for stores of socket addresses', () => {
    const uaddr = at('bpf_sock_addr_kern', 'uaddr');
    const saved = at('bpf_sock_addr_kern', 'tmp_reg');
    expect(
      convert('CGROUP_SOCK_ADDR', (out) => b.stxMem(out, op.BPF_DW, 9, 8, BPF_SOCK_ADDR.at('user_ip6') + 8)),
    ).toEqual(
      words((out) => {
        b.stxMem(out, op.BPF_DW, 9, 7, saved);
        b.ldxMem(out, op.BPF_DW, 7, 9, uaddr);
        b.stxMem(out, op.BPF_DW, 7, 8, at('sockaddr_in6', 'sin6_addr') + 8);
        b.ldxMem(out, op.BPF_DW, 7, 9, saved);
      }),
    );
    expect(
      convert('CGROUP_SOCK_ADDR', (out) => b.stMem(out, op.BPF_W, 6, BPF_SOCK_ADDR.at('user_port'), 80)),
    ).toEqual(
      words((out) => {
        b.stxMem(out, op.BPF_DW, 6, 9, saved);
        b.ldxMem(out, op.BPF_DW, 9, 6, uaddr);
        b.stMem(out, op.BPF_H, 9, at('sockaddr_in6', 'sin6_port'), 80);
        b.ldxMem(out, op.BPF_DW, 9, 6, saved);
      }),
    );
  });

  it('look into the TCP socket only where there is one', () => {
    const field = BPF_SOCK_OPS.at('snd_cwnd');
    const flag = at('bpf_sock_ops_kern', 'is_fullsock');
    const sk = at('bpf_sock_ops_kern', 'sk');
    const temp = at('bpf_sock_ops_kern', 'temp');
    expect(convert('SOCK_OPS', (out) => b.ldxMem(out, op.BPF_W, 2, 6, field))).toEqual(
      words((out) => {
        b.ldxMem(out, op.BPF_B, 2, 6, flag);
        b.jmpImm(out, op.BPF_JEQ, 2, 0, 2);
        b.ldxMem(out, op.BPF_DW, 2, 6, sk);
        b.ldxMem(out, op.BPF_W, 2, 2, at('tcp_sock', 'snd_cwnd'));
      }),
    );
    expect(convert('SOCK_OPS', (out) => b.ldxMem(out, op.BPF_W, 6, 6, field))).toEqual(
      words((out) => {
        b.stxMem(out, op.BPF_DW, 6, 9, temp);
        b.ldxMem(out, op.BPF_B, 9, 6, flag);
        b.jmpImm(out, op.BPF_JEQ, 9, 0, 4);
        b.ldxMem(out, op.BPF_DW, 9, 6, temp);
        b.ldxMem(out, op.BPF_DW, 6, 6, sk);
        b.ldxMem(out, op.BPF_W, 6, 6, at('tcp_sock', 'snd_cwnd'));
        b.jmpA(out, 2);
        b.ldxMem(out, op.BPF_DW, 9, 6, temp);
        b.mov64Imm(out, 6, 0);
      }),
    );
    expect(convert('SOCK_OPS', (out) => b.stxMem(out, op.BPF_W, 6, 9, BPF_SOCK_OPS.at('sk_txhash')))).toEqual(
      words((out) => {
        b.stxMem(out, op.BPF_DW, 6, 8, temp);
        b.ldxMem(out, op.BPF_B, 8, 6, flag);
        b.jmpImm(out, op.BPF_JEQ, 8, 0, 2);
        b.ldxMem(out, op.BPF_DW, 8, 6, sk);
        b.stxMem(out, op.BPF_W, 8, 9, at('sock', 'sk_txhash'));
        b.ldxMem(out, op.BPF_DW, 8, 6, temp);
      }),
    );
  });

  it('read the receive queue of a socket as -1 where there is none', () => {
    expect(
      convert('CGROUP_SOCK', (out) => b.ldxMem(out, op.BPF_W, 2, 1, BPF_SOCK.at('rx_queue_mapping'))),
    ).toEqual(
      words((out) => {
        b.ldxMem(out, op.BPF_H, 2, 1, at('sock_common', 'skc_rx_queue_mapping'));
        b.jmpImm(out, op.BPF_JNE, 2, 0xffff, 1);
        b.mov64Imm(out, 2, -1);
      }),
    );
  });

  it('read the padding behind a port as zero', () => {
    expect(
      convert('SK_LOOKUP', (out) => b.ldxMem(out, op.BPF_H, 2, 1, BPF_SK_LOOKUP.end('remote_port'))),
    ).toEqual(words((out) => b.mov32Imm(out, 2, 0)));
  });

  it('keep the return value of a socket option on the task', () => {
    expect(
      convert('CGROUP_SOCKOPT', (out) => b.stMem(out, op.BPF_W, 1, BPF_SOCKOPT.at('retval'), 0)),
    ).toEqual(
      words((out) => {
        b.stxMem(out, op.BPF_DW, 1, 9, at('bpf_sockopt_kern', 'tmp_reg'));
        b.ldxMem(out, op.BPF_DW, 9, 1, at('bpf_sockopt_kern', 'current_task'));
        b.ldxMem(out, op.BPF_DW, 9, 9, at('task_struct', 'bpf_ctx'));
        b.stMem(out, op.BPF_W, 9, at('bpf_cg_run_ctx', 'retval'), 0);
        b.ldxMem(out, op.BPF_DW, 9, 1, at('bpf_sockopt_kern', 'tmp_reg'));
      }),
    );
  });
});

describe('in every release', () => {
  const sizes = [1, 2, 4, 8];

  /** The instruction, as wide as its field where the access is a narrow one. */
  function insnOf(offset: number, size: number, write: boolean, fieldSize: number): number {
    const narrow = size < fieldSize;
    const bits = sizeBits(narrow ? fieldSize : size);
    const cls = write ? op.BPF_STX : op.BPF_LDX;
    return word0(cls | op.BPF_MEM | bits, 2, 3, narrow ? offset & ~(fieldSize - 1) : offset);
  }

  /** Calls `visit` for every access that the check of a program type lets pass, under any attach type. */
  function forEachValid(
    type: number,
    visit: (offset: number, size: number, write: boolean, fieldSize: number) => void,
  ): void {
    for (let offset = 0; offset < 256; offset++) {
      for (const size of sizes) {
        for (const write of [false, true]) {
          const results = ATTACH_TYPE_NAMES.map((_, attach) =>
            contextAccess(type, attach, offset, size, write),
          );
          const valid = results.find((result) => result.valid);
          if (valid !== undefined) visit(offset, size, write, valid.fieldSize);
        }
      }
    }
  }

  it.each(RELEASES)('%s converts every context access that its check lets pass', (release) => {
    let accesses = 0;
    const failures: string[] = [];
    for (const [type] of PROG_TYPE_NAMES.entries()) {
      const table = conversionTables(profileOf(release), type)[PTR_TO_CTX];
      if (table === undefined) continue;
      forEachValid(type, (offset, size, write, fieldSize) => {
        accesses++;
        const { length, targetSize } = convertBy(table, insnOf(offset, size, write, fieldSize), 0);
        if (length === 0 || length >= 32 || (fieldSize > 0 && targetSize === 0))
          failures.push(`type ${type} ${table.fieldName(offset)} size ${size} write ${write}`);
      });
    }
    expect(failures).toEqual([]);
    expect(accesses).toBeGreaterThan(2000);
  });

  it.each(RELEASES)('%s converts every load of a socket field that its check lets pass', (release) => {
    const tables = conversionTables(profileOf(release), PROG_TYPE.SCHED_CLS);
    const pointers: readonly (readonly [SocketPointer, number, Layout])[] = [
      ['PTR_TO_SOCKET', PTR_TO_SOCKET, BPF_SOCK],
      ['PTR_TO_SOCK_COMMON', PTR_TO_SOCK_COMMON, BPF_SOCK],
      ['PTR_TO_TCP_SOCK', PTR_TO_TCP_SOCK, BPF_TCP_SOCK],
      ['PTR_TO_XDP_SOCK', PTR_TO_XDP_SOCK, BPF_XDP_SOCK],
    ];
    const failures: string[] = [];
    for (const [name, pointer, layout] of pointers) {
      let accesses = 0;
      for (const { offset } of layout.fields) {
        for (const size of sizes) {
          const { valid, fieldSize } = socketAccess(name, offset, size);
          if (!valid) continue;
          accesses++;
          const { length } = convertBy(tables[pointer]!, insnOf(offset, size, false, fieldSize), 0);
          // The check lets pass half of an eight-byte TCP counter; the kernel, too, refuses to convert it.
          const halfCounter = layout === BPF_TCP_SOCK && offset === layout.at('bytes_received') && size === 4;
          if (length === 0 && !halfCounter) failures.push(`${name} offset ${offset} size ${size}`);
        }
      }
      expect(accesses).toBeGreaterThan(0);
    }
    expect(failures).toEqual([]);
  });

  it.each(RELEASES)('%s leaves all registers but the result as they were', (release) => {
    // A register that a conversion overwrites without having saved it in the context is lost to the program.
    const { scratchRegister } = profileOf(release);
    const failures: string[] = [];
    let checked = 0;
    for (const [type] of PROG_TYPE_NAMES.entries()) {
      const table = conversionTables(profileOf(release), type)[PTR_TO_CTX];
      if (table === undefined) continue;
      forEachValid(type, (offset, size, write, fieldSize) => {
        for (const [dst, src] of REGISTER_PAIRS) {
          checked++;
          const insn = (insnOf(offset, size, write, fieldSize) & ~0xff00) | (dst << 8) | (src << 12);
          const lost = overwritten(convertBy(table, insn, 0), scratchRegister).filter(
            (register) => write || register !== dst,
          );
          if (lost.length > 0)
            failures.push(`type ${type} ${table.fieldName(offset)} r${dst} r${src}: ${lost.join()}`);
        }
      });
    }
    expect(failures).toEqual([]);
    expect(checked).toBeGreaterThan(10_000);
  });

  const REGISTER_PAIRS = [
    [2, 3],
    [3, 3],
    [9, 8],
    [8, 9],
    [9, 9],
  ] as const;

  /** Registers a conversion writes without having stored them before. */
  function overwritten({ words: made, length }: Converted, scratch: number): number[] {
    const registers = new Set<number>();
    const saved = new Set([scratch]);
    for (let slot = 0; slot < length; slot++) {
      const w0 = made[2 * slot] ?? 0;
      const code = w0 & 0xff;
      if (code === (op.BPF_STX | op.BPF_MEM | op.BPF_DW)) saved.add((w0 >>> 12) & 0xf);
      const cls = code & 7;
      const writes = cls === op.BPF_LDX || cls === op.BPF_ALU || cls === op.BPF_ALU64;
      if (writes && !saved.has(dstOf(w0))) registers.add(dstOf(w0));
    }
    return [...registers];
  }
});
