/** Linux 7.2 as Debian sid had it, x86-64. */
import { HELPERS_7_2 } from './data/7.2-helpers.js';
import { MAPS_7_2 } from './data/7.2-maps.js';
import { STRUCTS_7_2 } from './data/7.2-structs.js';
import { profileFromTables } from './profile-tables.js';

export const V7_2 = profileFromTables({
  release: '7.2',
  source: 'linux-binary-7.2.13+deb14-amd64 7.2.13-1',
  features: {
    fastcall: true,
    mayGoto: true,
    inlineSmpProcessorId: true,
    inlinePercpuLookup: true,
    inlineKptrXchg: true,
    inlineBranchSnapshot: true,
    xskIndex64: false,
    signedDivisionGuards: true,
    removesMayGotoNops: true,
    timedMayGoto: true,
    inlineCurrentTask: true,
    percpuAddress64: true,
    maskedArgumentCount: true,
    specialisedBySleeping: true,
    dumpsFarCallsAsZero: true,
  },
  contexts: {
    vlanPresentBit: false,
    tstampTypeBits: true,
    minNapiId: 8193,
    rxQueueNone64: false,
    kprobeStores: true,
    sockOpsHwtstamp: true,
    sockOpsGuard: 'is_locked_tcp_sock',
    sockOpsRttMinGuarded: true,
    jumpsSkipPrologue: true,
    arenaSignedLoads: true,
  },
  check: {
    numbers: 'arcs',
    foldsConstants: true,
    findsKnownKeys: true,
    linkedSums: 'all',
    keepsReadStack: true,
    linksFills: true,
    nullChecks: 'most',
    forksCalls: true,
    sleepsByPath: true,
    nestedRcu: true,
    looseGlobals: true,
  },
  cpuNumberSymbol: 'cpu_number',
  scratchRegister: 12,
  maxLoops: 8 * 1024 * 1024,
  helpers: HELPERS_7_2,
  maps: MAPS_7_2,
  structs: STRUCTS_7_2,
});
