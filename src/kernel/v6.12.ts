/** Linux 6.12 as Debian trixie has it, x86-64. */
import { HELPERS_6_12 } from './data/6.12-helpers.js';
import { MAPS_6_12 } from './data/6.12-maps.js';
import { STRUCTS_6_12 } from './data/6.12-structs.js';
import { profileFromTables } from './profile-tables.js';

export const V6_12 = profileFromTables({
  release: '6.12',
  source: 'linux-image-6.12.107+deb13-amd64 6.12.107-1',
  features: {
    fastcall: true,
    mayGoto: true,
    inlineSmpProcessorId: true,
    inlinePercpuLookup: true,
    inlineKptrXchg: true,
    inlineBranchSnapshot: true,
    xskIndex64: true,
    signedDivisionGuards: true,
    removesMayGotoNops: false,
    timedMayGoto: false,
    inlineCurrentTask: false,
    percpuAddress64: false,
    maskedArgumentCount: false,
    specialisedBySleeping: false,
  },
  contexts: {
    vlanPresentBit: false,
    tstampTypeBits: true,
    minNapiId: 8193,
    rxQueueNone64: true,
    kprobeStores: false,
    sockOpsHwtstamp: true,
    sockOpsGuard: 'is_fullsock',
    sockOpsRttMinGuarded: false,
    jumpsSkipPrologue: true,
    arenaSignedLoads: false,
  },
  check: {
    numbers: 'ranges',
    foldsConstants: false,
    findsKnownKeys: false,
    linkedSums: 'wide',
    keepsReadStack: false,
    linksFills: false,
    nullChecks: 'more',
    forksCalls: false,
    sleepsByPath: false,
    nestedRcu: false,
    looseGlobals: false,
  },
  storageAllocation: { atomic: 0x820, sleepable: 0xcc0 },
  cpuNumberSymbol: 'pcpu_hot.cpu_number',
  scratchRegister: 11,
  maxLoops: 8 * 1024 * 1024,
  helpers: HELPERS_6_12,
  maps: MAPS_6_12,
  structs: STRUCTS_6_12,
});
