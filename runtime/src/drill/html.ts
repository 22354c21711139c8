/** Text of the archive or the cluster, such as names of topics and errors, put into a page. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
