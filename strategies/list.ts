/** The strategies, one line each: adding one takes its file and its line here. */
export { array } from './array.js';
export { basicBlock } from './basic-block.js';
export { batch } from './batch.js';
export { batchTail } from './batch-tail.js';
export { chunked } from './chunked.js';
export { cow } from './cow.js';
export { gapBuffer } from './gap-buffer.js';
export { linkedList } from './linked-list.js';
export { overlay } from './overlay.js';
export { rope } from './rope.js';
export { unrolledList } from './unrolled-list.js';
