/** The areas of the score, as people call them, in their order. */
export const areaNames: Record<string, string> = {
  history: 'History',
  examination: 'Examination',
  investigations: 'Investigations',
  diagnosis: 'Diagnosis',
  plan: 'Plan',
  communication: 'Communication',
  efficiency: 'Time and cost',
};
