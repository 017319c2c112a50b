/** The measuring child over the project's own strategies and workloads. */
import { reference } from '../../strategies/reference.js';
import { serve } from './child-server.js';
import { measuredStrategyOf } from './measured.js';
import { workloadOf } from './workloads.js';

serve({ strategyOf: measuredStrategyOf, reference, workloadOf });
