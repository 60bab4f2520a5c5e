export function clientScripts(root: string): Promise<Record<string, string>>;
