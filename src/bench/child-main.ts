/** The measuring child over the project's own strategies and workloads. */
import { strategyOf } from '../../strategies/index.js';
import { reference } from '../../strategies/reference.js';
import { serve } from './child-server.js';
import { workloadOf } from './workloads.js';

serve({ strategyOf, reference, workloadOf });
