/**
 * Access rules of the contexts of cgroup device, sysctl and socket option programs (kernel/bpf/cgroup.c, Linux 6.12).
 */
import { ATTACH_TYPE } from '../types.js';
import { DENIED, aligned, exactly, narrow, pointer, within, type AccessRule } from './access.js';
import { BPF_CGROUP_DEV_CTX, BPF_SOCKOPT, BPF_SYSCTL } from './layouts.js';

/** `cgroup_dev_is_valid_access()` */
export const cgroupDevice: AccessRule = (access) => {
  if (access.write || !aligned(access, BPF_CGROUP_DEV_CTX)) return DENIED;
  return within(access, BPF_CGROUP_DEV_CTX, 'access_type') ? narrow(access, 4) : exactly(access, 4);
};

/** `sysctl_is_valid_access()` */
export const sysctl: AccessRule = (access) => {
  if (!aligned(access, BPF_SYSCTL)) return DENIED;
  if (!access.write) return narrow(access, 4);
  return within(access, BPF_SYSCTL, 'file_pos') ? exactly(access, 4) : DENIED;
};

/** `cg_sockopt_is_valid_access()` */
export const sockopt: AccessRule = (access) => {
  if (!aligned(access, BPF_SOCKOPT)) return DENIED;
  const { offset, size, attachType } = access;
  if (access.write) {
    switch (offset) {
      case BPF_SOCKOPT.at('retval'):
        return attachType === ATTACH_TYPE.CGROUP_GETSOCKOPT ? exactly(access, 4) : DENIED;
      case BPF_SOCKOPT.at('optname'):
      case BPF_SOCKOPT.at('level'):
        return attachType === ATTACH_TYPE.CGROUP_SETSOCKOPT ? exactly(access, 4) : DENIED;
      case BPF_SOCKOPT.at('optlen'):
        return exactly(access, 4);
      default:
        return DENIED;
    }
  }
  if (within(access, BPF_SOCKOPT, 'sk')) return size === 8 ? pointer('PTR_TO_SOCKET') : DENIED;
  if (within(access, BPF_SOCKOPT, 'optval')) return size === 8 ? pointer('PTR_TO_PACKET') : DENIED;
  if (within(access, BPF_SOCKOPT, 'optval_end')) return size === 8 ? pointer('PTR_TO_PACKET_END') : DENIED;
  if (within(access, BPF_SOCKOPT, 'retval') && attachType !== ATTACH_TYPE.CGROUP_GETSOCKOPT) return DENIED;
  return exactly(access, 4);
};
