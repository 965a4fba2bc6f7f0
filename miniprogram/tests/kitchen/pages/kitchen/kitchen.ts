// One page that uses everything the framework offers; the conformance tests read its data.
type Detail<T extends WechatMiniprogram.IAnyObject> = WechatMiniprogram.CustomEvent<T>;

Page({
  data: {
    msg: 'hi', list: ['a', 'b', 'c'], obj: { k: 'ok', v: 42 }, two: true, wxsHit: '', log: '', matrix: [[1, 2], [3, 4]],
    sw: false, radio: '', note: '', region: '', rect: '', ping: '', shows: 0, phone: '', ticked: false, tradio: '1', sig: '',
    files: [] as { url: string; name: string; type: 'image' }[], picking: false, picked: '',
    options: [{ label: '福建', value: 'fj' }, { label: '浙江', value: 'zj' }],
    // @ts-expect-error none of these exists in a mini-program, for the compiler and when it runs
    hidden: [typeof window, typeof document, typeof fetch, typeof URL, typeof crypto, typeof TextEncoder].join(),
  },
  onReady() {
    this.createSelectorQuery().select('#probe').boundingClientRect((r) => this.setData({ rect: `${Math.round(r.width)}` })).exec();
    const parent = this.selectComponent('#rp') as unknown as { ping(): string } | null;
    this.setData({ ping: parent ? parent.ping() : 'none' });
  },
  onSlotShow() {
    this.setData({ shows: this.data.shows + 1 });
  },
  fromWxs(a: { type: string }) {
    this.setData({ wxsHit: a.type });
  },
  outer(e: WechatMiniprogram.TouchEvent) {
    this.setData({ log: `${this.data.log}O${Object.keys(e.mark ?? {}).sort().join('')}` });
  },
  inner(e: WechatMiniprogram.TouchEvent) {
    this.setData({ log: `${this.data.log}I${e.currentTarget.dataset.x}` });
  },
  onSwitch(e: WechatMiniprogram.SwitchChange) {
    this.setData({ sw: e.detail.value });
  },
  onRadio(e: WechatMiniprogram.RadioGroupChange) {
    this.setData({ radio: e.detail.value });
  },
  onPicker(e: WechatMiniprogram.PickerChange) {
    this.setData({ region: String(e.detail.value) });
  },
  onCell() {
    this.setData({ log: 'cell' });
  },
  onTSwitch(e: Detail<{ value: boolean }>) {
    this.setData({ sw: e.detail.value });
  },
  onTInput(e: Detail<{ value: string }>) {
    this.setData({ phone: e.detail.value });
  },
  onTick(e: Detail<{ checked: boolean }>) {
    this.setData({ ticked: e.detail.checked });
  },
  onTRadio(e: Detail<{ value: string }>) {
    this.setData({ tradio: e.detail.value });
  },
  onAdd(e: Detail<{ files: { url: string; name: string }[] }>) {
    const added = e.detail.files.map((f) => ({ url: f.url, name: f.name, type: 'image' as const }));
    this.setData({ files: [...this.data.files, ...added] });
  },
  draw() {
    const paint = (r: { node?: unknown; width: number; height: number }) => {
      const canvas = r.node as WechatMiniprogram.Canvas;
      canvas.width = 600;
      canvas.height = 200;
      const g = canvas.getContext('2d') as { fillStyle: string; fillRect(x: number, y: number, w: number, h: number): void };
      g.fillStyle = '#f00';
      g.fillRect(10, 10, 200, 100);
      this.setData({ sig: `${r.width}x${r.height}` });
    };
    this.createSelectorQuery().select('#sig').fields({ node: true, size: true }, paint as never).exec();
  },
  openPicker() {
    this.setData({ picking: true });
  },
  onPicked(e: Detail<{ value: string[] }>) {
    this.setData({ picked: e.detail.value.join(), picking: false });
  },
});
