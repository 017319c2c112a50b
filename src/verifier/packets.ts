/**
 * Accesses to packets: which programs may, and what of the packet is known to be there (`may_access_direct_pkt_data()`,
 * `check_packet_access()`, kernel/bpf/verifier.c, Linux 6.12).
 */
import { PROG_TYPE } from '../kernel/types.js';
import type { VerifierEnv } from './env.js';
import type { Reg } from './register.js';

/** A load or store of the packet. */
export function accessPacket(env: VerifierEnv, reg: Reg, off: number, size: number, write: boolean): void {
  if (write && !mayAccessPacket(env, true)) env.refuse('write into the packet');
  checkPacketRange(env, reg, off, size, false);
}

/** Is the range verified against the packet's end (`check_packet_access`)? */
export function checkPacketRange(
  env: VerifierEnv,
  reg: Reg,
  off: number,
  size: number,
  zeroAllowed: boolean,
): void {
  const sizeOk = size > 0 || (size === 0 && zeroAllowed);
  if (reg.sminH < 0 || reg.a < 0 || off < 0 || !sizeOk || off + size > reg.a) {
    env.refuse(`packet access of ${size} bytes at offset ${off}, ${reg.a} are verified`);
  }
}

/** May a program of this type use packet pointers, for reads or writes? Sets `seenDirectWrite`. */
export function mayAccessPacket(env: VerifierEnv, write: boolean): boolean {
  switch (env.program.type) {
    case PROG_TYPE.LWT_IN:
    case PROG_TYPE.LWT_OUT:
    case PROG_TYPE.LWT_SEG6LOCAL:
    case PROG_TYPE.SK_REUSEPORT:
    case PROG_TYPE.FLOW_DISSECTOR:
    case PROG_TYPE.CGROUP_SKB:
      if (write) return false;
      env.seenDirectWrite = true;
      return true;
    case PROG_TYPE.SCHED_CLS:
    case PROG_TYPE.SCHED_ACT:
    case PROG_TYPE.XDP:
    case PROG_TYPE.LWT_XMIT:
    case PROG_TYPE.SK_SKB:
    case PROG_TYPE.SK_MSG:
      env.seenDirectWrite = true;
      return true;
    case PROG_TYPE.CGROUP_SOCKOPT:
      if (write) env.seenDirectWrite = true;
      return true;
    default:
      return false;
  }
}
