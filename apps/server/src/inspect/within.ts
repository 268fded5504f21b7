/** Gives up waiting for something that takes too long. */

export class TimeoutError extends Error {
  override readonly name = "TimeoutError";
  constructor(readonly timeoutMs: number) {
    super(`It did not end within ${timeoutMs} ms.`);
  }
}

/**
 * @param onLate told what came after the time was up, so that it can be given back.
 * @throws TimeoutError
 */
export function within<T>(timeoutMs: number, work: Promise<T>, onLate: (value: T) => void = () => {}): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      reject(new TimeoutError(timeoutMs));
    }, timeoutMs);
    work.then(
      (value) => {
        clearTimeout(timer);
        if (isLate) onLate(value);
        else resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
