/**
 * What another app shared comes as a form. It is answered here and never sent anywhere: the
 * page opens with the text as a prompt link has it.
 */
export async function openShared(request: Request, scope: string): Promise<Response> {
  const form = await request.formData();
  const parts = ['title', 'text', 'url'].map(field => form.get(field));
  const text = parts.filter(part => typeof part === 'string' && part.trim() !== '').join('\n');
  return Response.redirect(new URL(`?${new URLSearchParams({ q: text })}`, scope), 303);
}
