const names: Record<string, string> = {
  bedside: 'At the bedside',
  blood: 'Blood',
  urine: 'Urine',
  imaging: 'Imaging',
  microbiology: 'Microbiology',
  pathology: 'Pathology',
  function: 'Function and endoscopy',
  other: 'Other',
};

/** The kinds of tests, in the order of the list. */
export const kinds = Object.keys(names);

export function kindName(kind: string): string {
  return names[kind] ?? kind;
}
