/**
 * Which table converts which accesses: contexts by program type, socket structures by what the base register points to
 * (`bpf_verifier_ops` of each program type, `convert_ctx_accesses()` in kernel/bpf/verifier.c, Linux 6.12).
 */
import type { KernelProfile } from '../../kernel/profile.js';
import { PROG_TYPE, type ProgTypeName } from '../../kernel/types.js';
import {
  PTR_TO_CTX,
  PTR_TO_SOCKET,
  PTR_TO_SOCK_COMMON,
  PTR_TO_TCP_SOCK,
  PTR_TO_XDP_SOCK,
} from '../../verifier/facts.js';
import { sockoptTable, sysctlTable } from './cgroup.js';
import type { FieldTable } from './conversion.js';
import { perfEventTable } from './perf-event.js';
import { skBuffTable, socketSkbTable, trafficControlTable } from './sk-buff.js';
import { sockAddrTable } from './sock-addr.js';
import { sockOpsTable } from './sock-ops.js';
import { sockTable, tcpSocketTable } from './sock.js';
import { skLookupTable, skMsgTable, skReuseportTable } from './socket-selection.js';
import { flowDissectorTable, xdpSocketTable, xdpTable } from './xdp.js';

/** The tables of one profile, each made when it is first asked for. */
class ContextTables {
  private readonly made = new Map<string, FieldTable>();
  private readonly makers: Readonly<Record<string, () => FieldTable>>;

  constructor(profile: KernelProfile) {
    this.makers = {
      skBuff: () => skBuffTable(profile),
      trafficControl: () => trafficControlTable(profile, this.table('skBuff')),
      socketSkb: () => socketSkbTable(profile, this.table('skBuff')),
      flowDissector: () => flowDissectorTable(profile),
      xdp: () => xdpTable(profile),
      sock: () => sockTable(profile),
      tcpSocket: () => tcpSocketTable(profile),
      xdpSocket: () => xdpSocketTable(profile),
      sockAddr: () => sockAddrTable(profile),
      sockOps: () => sockOpsTable(profile),
      skMsg: () => skMsgTable(profile),
      skReuseport: () => skReuseportTable(profile),
      skLookup: () => skLookupTable(profile),
      sysctl: () => sysctlTable(profile),
      sockopt: () => sockoptTable(profile),
      perfEvent: () => perfEventTable(profile),
    };
  }

  table(name: string): FieldTable {
    let table = this.made.get(name);
    if (table === undefined) {
      table = this.makers[name]();
      this.made.set(name, table);
    }
    return table;
  }
}

/** Program types without a line have contexts that the program sees as they are. */
const CONTEXT_TABLES: Partial<Record<ProgTypeName, string>> = {
  SOCKET_FILTER: 'skBuff',
  SCHED_CLS: 'trafficControl',
  SCHED_ACT: 'trafficControl',
  XDP: 'xdp',
  PERF_EVENT: 'perfEvent',
  CGROUP_SKB: 'skBuff',
  CGROUP_SOCK: 'sock',
  LWT_IN: 'skBuff',
  LWT_OUT: 'skBuff',
  LWT_XMIT: 'skBuff',
  SOCK_OPS: 'sockOps',
  SK_SKB: 'socketSkb',
  SK_MSG: 'skMsg',
  CGROUP_SOCK_ADDR: 'sockAddr',
  LWT_SEG6LOCAL: 'skBuff',
  SK_REUSEPORT: 'skReuseport',
  FLOW_DISSECTOR: 'flowDissector',
  CGROUP_SYSCTL: 'sysctl',
  CGROUP_SOCKOPT: 'sockopt',
  SK_LOOKUP: 'skLookup',
};

const contextTableByType: (string | undefined)[] = [];
for (const [name, table] of Object.entries(CONTEXT_TABLES))
  contextTableByType[PROG_TYPE[name as ProgTypeName]] = table;

const SOCKET_TABLES: readonly (readonly [pointer: number, table: string])[] = [
  [PTR_TO_SOCKET, 'sock'],
  [PTR_TO_SOCK_COMMON, 'sock'],
  [PTR_TO_TCP_SOCK, 'tcpSocket'],
  [PTR_TO_XDP_SOCK, 'xdpSocket'],
];

const tablesOf = new WeakMap<KernelProfile, ContextTables>();

/**
 * How accesses through pointers are converted in programs of one type, by the `PTR_…` constant of the base register
 * (src/verifier/facts.ts); without an entry they stay as they are.
 */
export function conversionTables(
  profile: KernelProfile,
  progType: number,
): readonly (FieldTable | undefined)[] {
  let tables = tablesOf.get(profile);
  if (tables === undefined) {
    tables = new ContextTables(profile);
    tablesOf.set(profile, tables);
  }
  const byPointer: (FieldTable | undefined)[] = [];
  const context = contextTableByType[progType];
  if (context !== undefined) byPointer[PTR_TO_CTX] = tables.table(context);
  for (const [pointer, table] of SOCKET_TABLES) byPointer[pointer] = tables.table(table);
  return byPointer;
}
