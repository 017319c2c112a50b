/**
 * `struct bpf_sock_addr` to `struct bpf_sock_addr_kern` (`sock_addr_convert_ctx_access()`, net/core/filter.c, Linux 6.12).
 */
import { ldxMem, rawInsn, stxMem } from '../../isa/builders.js';
import { classOf } from '../../isa/insn.js';
import { BPF_DW, BPF_MEM } from '../../isa/opcodes.js';
import { BPF_SOCK_ADDR } from '../../kernel/contexts/layouts.js';
import type { KernelProfile, Member } from '../../kernel/profile.js';
import {
  FieldTable,
  bytesOf,
  loadFieldThrough,
  loadMember,
  loadPointer,
  sizeBits,
  spareRegister,
  type Conversion,
  type Converter,
} from './conversion.js';

/**
 * Loads or stores something behind a pointer member of the context. A store needs a third register: the context itself
 * has a place to save one in.
 */
export class NestedAccess {
  private readonly saved: number;

  constructor(profile: KernelProfile, struct: string) {
    this.saved = profile.member(struct, 'tmp_reg').offset;
  }

  convert(access: Conversion, pointer: Member, size: number, offset: number): void {
    const { out, dst, src, imm } = access;
    if (!access.write) {
      loadPointer(access, pointer);
      ldxMem(out, size, dst, dst, offset);
      return;
    }
    const register = spareRegister(access);
    stxMem(out, BPF_DW, dst, register, this.saved);
    ldxMem(out, sizeBits(pointer.size), register, dst, pointer.offset);
    rawInsn(out, classOf(access.code) | BPF_MEM | size, register, src, offset, imm);
    ldxMem(out, BPF_DW, register, dst, this.saved);
  }
}

/** `sock_addr_convert_ctx_access()` */
export function sockAddrTable(profile: KernelProfile): FieldTable {
  const context = (name: string): Member => profile.member('bpf_sock_addr_kern', name);
  const nested = new NestedAccess(profile, 'bpf_sock_addr_kern');
  const address = context('uaddr');
  const sent = context('t_ctx');
  const socket = context('sk');
  const port = profile.member('sockaddr_in6', 'sin6_port');

  /** (Part of) an address of four-byte words behind `pointer`, as wide as the program accesses it. */
  const words = (pointer: Member, target: number, field: string): Converter => {
    const start = BPF_SOCK_ADDR.at(field);
    return (access) => {
      access.targetSize = 4;
      nested.convert(access, pointer, access.size, target + access.off - start);
    };
  };

  return new FieldTable(BPF_SOCK_ADDR)
    .at('user_family', loadFieldThrough(address, profile.member('sockaddr', 'sa_family')))
    .at('user_ip4', words(address, profile.member('sockaddr_in', 'sin_addr').offset, 'user_ip4'))
    .anywhere('user_ip6', words(address, profile.member('sockaddr_in6', 'sin6_addr').offset, 'user_ip6'))
    .at('user_port', (access) => {
      access.targetSize = port.size;
      const bytes = Math.min(port.size, bytesOf(access.size));
      nested.convert(access, address, sizeBits(bytes), port.offset);
    })
    .at('family', loadFieldThrough(socket, profile.member('sock', '__sk_common.skc_family')))
    .at('type', loadFieldThrough(socket, profile.member('sock', 'sk_type')))
    .at('protocol', loadFieldThrough(socket, profile.member('sock', 'sk_protocol')))
    .at('msg_src_ip4', words(sent, 0, 'msg_src_ip4'))
    .anywhere('msg_src_ip6', words(sent, 0, 'msg_src_ip6'))
    .at('sk', loadMember(socket));
}
