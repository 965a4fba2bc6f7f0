// One photograph, or a PDF where that is taken: chosen, compressed, sent with progress; a failed one is sent again by a tap.
import { upload, type Upload } from '../../api/upload';
import { ApiError, wordsOf } from '../../api/call';
import { t } from '../../words';

type State = 'empty' | 'sending' | 'sent' | 'failed' | 'refused';

const QUALITY = 85;

Component({
  properties: {
    label: String,
    icon: { type: String, value: 'camera' },
    /** Path of the server the photo goes to. */
    path: String,
    /** Further form fields. */
    fields: { type: Object, value: {} as Record<string, string> },
    /** Whether the server has one already, from before. */
    done: Boolean,
    /** Whether a PDF may be chosen from a chat instead. */
    pdf: Boolean,
  },
  observers: {
    done(done: boolean) {
      if (done && this.data.state === 'empty') this.setData({ state: 'sent', words: t('photo.done') });
    },
  },
  data: { state: 'empty' as State, preview: '', file: '', percent: 0, words: t('photo.take'), pdfLabel: t('photo.pdf') },
  lifetimes: {
    detached() {
      this.running()?.abort();
    },
  },
  methods: {
    running(): Upload<unknown> | undefined {
      return (this as unknown as { upload?: Upload<unknown> }).upload;
    },
    async onTap() {
      if (this.data.state === 'sending') return;
      if (this.data.state === 'failed') return this.send(this.data.file, this.data.preview);
      const chosen = await wx
        .chooseMedia({ count: 1, mediaType: ['image'], sizeType: ['compressed'], sourceType: ['camera', 'album'] })
        .catch(() => null);
      const file = chosen?.tempFiles[0];
      if (!file) return;
      const smaller = await wx.compressImage({ src: file.tempFilePath, quality: QUALITY }).catch(() => null);
      const taken = smaller?.tempFilePath ?? file.tempFilePath;
      await this.send(taken, taken);
    },
    /** A PDF from a chat: what it shows, the server will say. */
    async onPdf() {
      if (this.data.state === 'sending') return;
      const chosen = await wx.chooseMessageFile({ count: 1, type: 'file', extension: ['pdf'] }).catch(() => null);
      const file = chosen?.tempFiles[0];
      if (file) await this.send(file.path, '');
    },
    async send(filePath: string, preview: string) {
      this.setData({ state: 'sending', file: filePath, preview, percent: 0, words: t('photo.sending', { percent: 0 }) });
      const { path, fields } = this.data as unknown as { path: string; fields: Record<string, string> };
      const onProgress = (percent: number) => this.setData({ percent, words: t('photo.sending', { percent }) });
      const running = upload<object>({ path, filePath, fields, onProgress });
      (this as unknown as { upload?: Upload<unknown> }).upload = running;
      try {
        const answer = await running.done;
        this.setData({ state: 'sent', words: t('photo.done') });
        this.triggerEvent('sent', { answer });
      } catch (e) {
        // what the server has refused is not sent again: another picture is wanted
        const refused = e instanceof ApiError && e.status >= 400 && e.status < 500;
        this.setData(refused ? { state: 'refused', words: t('photo.refused') } : { state: 'failed', words: t('photo.failed') });
        this.triggerEvent('failed', { words: wordsOf(e) });
      }
    },
  },
});
