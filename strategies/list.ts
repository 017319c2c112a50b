/** The strategies, one line each: adding one takes its file and its line here. */
export { array } from './array.js';
export { linkedList } from './linked-list.js';
