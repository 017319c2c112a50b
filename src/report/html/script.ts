/**
 * The page’s script: sorting by headings and filtering of rows, of which it shows the first ones until all are asked for:
 * laying out thousands takes long on a phone. Plain and small; without it the page shows everything and the filter stays
 * hidden. It has no `</` in it, which would end its element.
 */
export const SCRIPT = `'use strict';
(() => {
  const valueOf = (cell) => {
    const text = cell.textContent;
    if (text === '') return null;
    const number = Number(text.replace(/,/g, ''));
    return Number.isNaN(number) ? text : number;
  };
  const compare = (a, b) =>
    typeof a === 'number' && typeof b === 'number' ? a - b : String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;

  for (const table of document.querySelectorAll('table.sortable')) {
    const body = table.tBodies[0];
    const headings = [...table.tHead.rows[0].cells];
    const sortBy = (at) => {
      const heading = headings[at];
      const before = heading.getAttribute('aria-sort');
      const first = heading.classList.contains('n') ? 'descending' : 'ascending';
      const second = first === 'ascending' ? 'descending' : 'ascending';
      const order = before === first ? second : first;
      for (const other of headings) other.removeAttribute('aria-sort');
      heading.setAttribute('aria-sort', order);
      const sign = order === 'ascending' ? 1 : -1;
      const keyed = [...body.rows].map((row) => ({ row, value: valueOf(row.cells[at]) }));
      keyed.sort((a, b) =>
        a.value === null || b.value === null
          ? (a.value === null) - (b.value === null)
          : sign * compare(a.value, b.value),
      );
      body.append(...keyed.map(({ row }) => row));
      table.dispatchEvent(new Event('sorted'));
    };
    headings.forEach((heading, at) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = heading.textContent;
      button.addEventListener('click', () => sortBy(at));
      heading.replaceChildren(button);
    });
  }

  const rows = document.getElementById('rows');
  const form = document.getElementById('rows-filter');
  if (rows !== null && form !== null) {
    const text = document.getElementById('filter-text');
    const strategy = document.getElementById('filter-strategy');
    const count = document.getElementById('filter-count');
    const all = document.getElementById('filter-all');
    const most = Number(all.dataset.most);
    const entries = new Map();
    for (const row of rows.tBodies[0].rows) {
      const names = [0, 1, 2].map((at) => row.cells[at].textContent);
      entries.set(row, { strategy: names[2], words: names.join(' ').toLowerCase() });
    }
    const filter = () => {
      const wanted = text.value.toLowerCase().split(/\\s+/).filter((word) => word !== '');
      const limit = all.checked ? entries.size : most;
      let found = 0;
      for (const row of rows.tBodies[0].rows) {
        const entry = entries.get(row);
        const fits =
          (strategy.value === '' || entry.strategy === strategy.value) &&
          wanted.every((word) => entry.words.includes(word));
        if (fits) found++;
        row.hidden = !fits || found > limit;
      }
      const first = found > limit ? ', the first ' + limit + ' shown' : '';
      count.textContent = found + ' of ' + entries.size + ' rows' + first;
    };
    all.addEventListener('change', filter);
    rows.addEventListener('sorted', filter);
    text.addEventListener('input', filter);
    strategy.addEventListener('change', filter);
    form.addEventListener('submit', (event) => event.preventDefault());
    form.hidden = false;
    filter();
  }

  for (const chart of document.querySelectorAll('.chart')) {
    const value = document.createElement('p');
    value.className = 'value';
    value.textContent = 'Point at a mark for its value.';
    chart.after(value);
    const show = (event) => {
      const mark = event.target.closest('.mark');
      const title = mark && mark.querySelector('title');
      if (title) value.textContent = title.textContent;
    };
    chart.addEventListener('pointerover', show);
    chart.addEventListener('click', show);
  }
})();
`;
