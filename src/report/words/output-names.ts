/** The names of the formats of `--output`: help is written without loading the formats. */
export const OUTPUT_NAMES = ['json', 'sarif', 'github', 'gitlab', 'junit', 'markdown', 'html', 'vsa'] as const;

export type OutputName = (typeof OUTPUT_NAMES)[number];
