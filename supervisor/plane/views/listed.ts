// A list inside a sentence, cut where it would be longer than the sentence: a service may have a thousand neighbours.

const MOST_LISTED = 5;

export function listed(words: readonly string[]): string {
  const more = words.length - MOST_LISTED;
  return `${words.slice(0, MOST_LISTED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
