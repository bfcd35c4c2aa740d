// A wait that a time ends or somebody else. A call while nobody waits is kept for the next one.

export class Alarm {
  #state: 'quiet' | 'rung' = 'quiet';
  #end: (() => void) | undefined;

  /** `ms` of Infinity: until somebody rings. */
  wait(ms: number): Promise<void> {
    if (this.#state === 'rung') {
      this.#state = 'quiet';
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const timer = ms === Infinity ? undefined : setTimeout(() => this.#end?.(), ms);
      this.#end = () => {
        clearTimeout(timer);
        this.#end = undefined;
        resolve();
      };
    });
  }

  ring(): void {
    if (this.#end === undefined) this.#state = 'rung';
    else this.#end();
  }
}
