/**
 * The page’s script: sorting by headings and filtering of rows. Plain and small; without it the page has all its contents,
 * only the filter stays hidden. It has no `</` in it, which would end its element.
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
    const entries = [...rows.tBodies[0].rows].map((row) => {
      const names = [0, 1, 2].map((at) => row.cells[at].textContent);
      return { row, strategy: names[2], words: names.join(' ').toLowerCase() };
    });
    const filter = () => {
      const wanted = text.value.toLowerCase().split(/\\s+/).filter((word) => word !== '');
      let shown = 0;
      for (const entry of entries) {
        const show =
          (strategy.value === '' || entry.strategy === strategy.value) &&
          wanted.every((word) => entry.words.includes(word));
        entry.row.hidden = !show;
        if (show) shown++;
      }
      count.textContent = shown + ' of ' + entries.length + ' rows';
    };
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
