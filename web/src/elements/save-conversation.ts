import { t } from '../i18n/index.ts';
import type { Head } from '../state/conversation.ts';
import type { HistoryStore } from '../state/history-store.ts';

/** Offers one conversation as a file. */
export async function saveConversation(
  history: HistoryStore,
  { id, title }: Head,
  as: 'markdown' | 'json',
): Promise<void> {
  const { asJson, asMarkdown, download, fileName } = await import('../state/transfer.ts');
  const markdown = as === 'markdown';
  const speakers = { user: t('you'), assistant: t('answer') };
  const file = markdown ? await asMarkdown(history, id, speakers) : await asJson(history, [id]);
  if (file) download(file, fileName(title, markdown ? 'md' : 'json'));
}
