/** The index that is asked where nothing else is configured. */
export const PUBLIC_INDEX = 'https://pypi.org/simple';
