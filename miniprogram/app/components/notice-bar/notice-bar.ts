// One sentence that matters: calm, wait, good or bad.
Component({
  properties: { text: String, tone: { type: String, value: 'calm' }, icon: { type: String, value: 'error-circle' } },
});
