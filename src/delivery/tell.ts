/** Calls a host's function of which nothing is awaited; where it throws or rejects, that is a process warning. */
export function tell(hosts: () => unknown): void {
  try {
    const result = hosts();
    if (result instanceof Promise) result.catch(warn);
  } catch (error) {
    warn(error);
  }
}

function warn(error: unknown): void {
  process.emitWarning(`delivery: a function of the host failed: ${error}`);
}
