/**
 * How much of a text a parser looks at: one for each character asked for, and as many as were passed
 * over for each search and slice.
 */
export function work(text: string, read: (text: string) => unknown): number {
  let count = 0;
  const passed = (from: number, to: number) => {
    count += Math.abs(to - from) + 1;
  };
  const methods: Record<string, (...args: never[]) => unknown> = {
    indexOf(needle: string, from = 0) {
      const found = text.indexOf(needle, from);
      passed(from, found === -1 ? text.length : found);
      return found;
    },
    lastIndexOf(needle: string, from = text.length) {
      const found = text.lastIndexOf(needle, from);
      passed(from, found === -1 ? 0 : found);
      return found;
    },
    slice(from = 0, to = text.length) {
      const cut = text.slice(from, to);
      count += cut.length + 1;
      return cut;
    },
  };
  const counted = new Proxy(Object(text), {
    get(target, key) {
      const method = methods[String(key)];
      if (method !== undefined) return method;
      count += key === 'charCodeAt' || key === 'length' ? 1 : text.length;
      const value = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(text) : value;
    },
  });
  read(counted as string);
  return count;
}
