// A page of a sub-package; it shares modules with the main package.
import { counter } from '../../../wxs/counter';

Page({
  data: { x: '', shared: 0 },
  onLoad(query: Record<string, string | undefined>) {
    this.setData({ x: query.x ?? '', shared: counter.next() });
  },
});
