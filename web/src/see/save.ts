/** Offers a file to the visitor under a name. */
export function save(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The download has begun once the click's task is over.
  setTimeout(() => URL.revokeObjectURL(link.href), 0);
}
