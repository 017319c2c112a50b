/** A measuring child over the fakes: what `inChildProcess` is tested with. */
import { serve } from '../child-server.js';
import { FAKE_BENCH } from './fake-bench.js';

serve(FAKE_BENCH);
