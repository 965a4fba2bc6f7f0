// The text of an agreement, as in force.
import { get, wordsOf } from '../../../../api/call';
import { screen } from '../../../../behaviors/screen';
import { t } from '../../../../words';

interface Paragraph {
  kind: 'heading' | 'item' | 'text';
  text: string;
}

/** Markdown as the agreements use it: headings, items, paragraphs. */
export function paragraphs(markdown: string): Paragraph[] {
  const lines = markdown.split('\n').map((line) => line.trim()).filter(Boolean);
  return lines.map((line) => {
    if (line.startsWith('#')) return { kind: 'heading', text: line.replace(/^#+\s*/, '') };
    if (line.startsWith('- ')) return { kind: 'item', text: line.slice(2) };
    return { kind: 'text', text: line };
  });
}

/** The texts that this page shows. */
const TEXTS = ['face', 'face-transfer', 'provide-to-ca'];

Page({
  behaviors: [screen],
  data: { id: '', title: '', version: '', lines: [] as Paragraph[], problem: '', loading: t('app.loading'), unread: t('person.unread'), retry: t('app.retry') },
  onLoad(query: { id?: string }) {
    this.setData({ id: TEXTS.find((id) => id === query.id) ?? 'face' });
    void this.load();
  },
  async load() {
    this.setData({ problem: '' });
    try {
      const { title, version, body } = await get(`/api/agreements/${this.data.id}` as '/api/agreements/{id}');
      this.setData({ title, version, lines: paragraphs(body) });
    } catch (e) {
      this.setData({ problem: wordsOf(e) });
    }
  },
});
