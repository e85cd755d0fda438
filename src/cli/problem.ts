/** Something that keeps the agent from working as told, and what to do about it. */
export class Problem extends Error {
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}
