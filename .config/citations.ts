/** Citations of RFCs as the code writes them, `RFC 5321 §4.5.2`, and the table made of them. */

/** One RFC and section; `section` is empty where the whole document is meant. */
export interface Citation {
  readonly rfc: number;
  readonly section: string;
}

export interface Source {
  /** Relative to the root: `src/smtp/reply.ts`. */
  readonly path: string;
  readonly citations: readonly Citation[];
}

/** `RFC n`, then sections joined by commas or "and"; a citation may run over the line of a comment. */
const citation = /\bRFC[\s*/]+(\d{1,5})((?:(?:,|[\s*/]+and)?[\s*/]+§§?\s?[A-Z0-9]+(?:\.[A-Z0-9]+)*)*)/g;

export function citationsIn(text: string): Citation[] {
  return [...text.matchAll(citation)].flatMap(([, rfc, rest]) => {
    const sections = [...(rest ?? '').matchAll(/§\s?([A-Z0-9.]+)/g)].map(([, section]) => section ?? '');
    return (sections.length > 0 ? sections : ['']).map((section) => ({ rfc: Number(rfc), section }));
  });
}

/** Markdown: a heading for each RFC, a row for each section, the files that keep and that test it. */
export function standardsTable(sources: readonly Source[]): string {
  const rfcs = new Map<number, Map<string, Set<string>>>();
  for (const { path, citations } of sources) {
    for (const { rfc, section } of citations) {
      const sections = rfcs.get(rfc) ?? new Map<string, Set<string>>();
      const paths = sections.get(section) ?? new Set<string>();
      rfcs.set(rfc, sections.set(section, paths.add(path)));
    }
  }
  const ordered = [...rfcs].sort(([a], [b]) => a - b);
  const cells = [...rfcs.values()].flatMap((sections) => [...sections.values()]);
  const both = cells.filter((paths) => within(paths, 'src').length > 0 && within(paths, 'test').length > 0);
  return [
    '# Standards',
    '',
    'Which sections of which RFCs are cited beside the code that keeps them and in the tests that hold them.',
    `Made by \`npm run standards\` from those citations: ${rfcs.size} RFCs, ${cells.length} sections,`,
    `${both.length} of them in code and tests.`,
    ...ordered.flatMap(([rfc, sections]) => [
      '',
      `## [RFC ${rfc}](https://www.rfc-editor.org/rfc/rfc${rfc})`,
      '',
      '| section | code | tests |',
      '|---|---|---|',
      ...[...sections]
        .sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
        .map(([section, paths]) => {
          const name = section === '' ? 'whole' : `§${section}`;
          return `| ${name} | ${within(paths, 'src').join(' ')} | ${within(paths, 'test').join(' ')} |`;
        }),
    ]),
    '',
  ].join('\n');
}

/** The paths below `place`, without it, in code marks. */
function within(paths: ReadonlySet<string>, place: string): string[] {
  return [...paths]
    .filter((path) => path.startsWith(`${place}/`))
    .map((path) => `\`${path.slice(place.length + 1)}\``)
    .sort();
}
