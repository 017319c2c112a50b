/** Linux 6.1 as Debian bookworm has it, x86-64. */
import { HELPERS_6_1 } from './data/6.1-helpers.js';
import { MAPS_6_1 } from './data/6.1-maps.js';
import { STRUCTS_6_1 } from './data/6.1-structs.js';
import { profileFromTables } from './profile-tables.js';

export const V6_1 = profileFromTables({
  release: '6.1',
  source: 'linux-image-6.1.0-56-amd64 6.1.192-2',
  features: {
    fastcall: false,
    mayGoto: false,
    inlineSmpProcessorId: false,
    inlinePercpuLookup: false,
    inlineKptrXchg: false,
    inlineBranchSnapshot: false,
    xskIndex64: false,
    signedDivisionGuards: false,
    removesMayGotoNops: false,
    timedMayGoto: false,
    inlineCurrentTask: false,
    percpuAddress64: false,
    maskedArgumentCount: false,
    specialisedBySleeping: false,
  },
  contexts: {
    vlanPresentBit: true,
    tstampTypeBits: false,
    minNapiId: 8193,
    rxQueueNone64: false,
    kprobeStores: false,
    sockOpsHwtstamp: false,
    sockOpsGuard: 'is_fullsock',
    sockOpsRttMinGuarded: true,
    jumpsSkipPrologue: false,
    arenaSignedLoads: false,
  },
  check: {
    numbers: 'early',
    foldsConstants: false,
    findsKnownKeys: false,
    linkedSums: 'none',
    keepsReadStack: false,
    linksFills: false,
    nullChecks: 'few',
    forksCalls: false,
    sleepsByPath: false,
    nestedRcu: false,
    looseGlobals: false,
  },
  storageAllocation: { atomic: 0xa20, sleepable: 0xcc0 },
  cpuNumberSymbol: 'cpu_number',
  scratchRegister: 11,
  maxLoops: 8 * 1024 * 1024,
  helpers: HELPERS_6_1,
  maps: MAPS_6_1,
  structs: STRUCTS_6_1,
});
