// Privacy guide and permissions, asked as WeChat asks: before the first use of each private API.
import type { Any } from '../types.ts';
import { change, listeners, onSettings, saveScopes, scopes, settings } from '../mp.ts';
import { ask, toast } from '../sheets/dialogs.ts';
import { openTypes } from '../components/button.ts';
import { fire } from '../components/registry.ts';
import { async, refuse } from './api.ts';

const GUIDE = '《掌证小程序隐私保护指引》';
const SCOPES: Record<string, string> = {
  'scope.camera': '使用你的摄像头',
  'scope.record': '使用你的麦克风',
  'scope.writePhotosAlbum': '保存图片到你的相册',
  'scope.userLocation': '获取你的位置信息',
};

let waiting: (() => void)[] = [];

async function askOnce(api: string): Promise<void> {
  const subscribers = [...(listeners.NeedPrivacyAuthorization ?? [])];
  let answer: Any;
  if (subscribers.length) {
    answer = await new Promise((resolve) => {
      waiting.push(() => resolve({ event: 'agree' }));
      for (const f of subscribers) f(resolve, { referrer: api });
    });
  } else {
    const lines = [`在使用前，请你阅读并同意${GUIDE}，以便继续使用。`];
    const agreed = await ask({ title: '用户隐私保护提示', lines, yes: '同意', no: '拒绝' });
    answer = { event: agreed ? 'agree' : 'disagree' };
  }
  if (answer?.event === 'agree') return change({ privacy: 'agreed' });
  if (answer?.event === 'exposureAuthorization') return askOnce(api);
  throw refuse(api, 'privacy permission is not authorized', { errno: 104 });
}

/** Lets `api` go on only when the privacy guide has been agreed to. */
export async function needPrivacy(api: string): Promise<void> {
  if (settings.privacy !== 'agreed') await askOnce(api);
}

/** Whether the owner lets the mini-program use a scope; asked once, remembered. */
export async function askScope(scope: string): Promise<boolean> {
  if (settings.permissions === 'grant') scopes[scope] = true;
  if (settings.permissions === 'deny') return false;
  if (scopes[scope] === undefined) {
    scopes[scope] = await ask({ title: '掌证 申请', lines: [SCOPES[scope] ?? scope], yes: '允许', no: '拒绝' });
    saveScopes();
  }
  return scopes[scope]!;
}

export function installPrivacy() {
  async('getPrivacySetting', () => ({ needAuthorization: settings.privacy !== 'agreed', privacyContractName: GUIDE }));
  async('requirePrivacyAuthorize', () => needPrivacy('requirePrivacyAuthorize'));
  async('openPrivacyContract', () => toast(GUIDE));
  async('authorize', async (o) => {
    await needPrivacy('authorize');
    if (!(await askScope(o.scope))) throw refuse('authorize', 'auth deny', { errno: 103 });
  });
  async('getSetting', () => ({ authSetting: { ...scopes } }));
  const openSetting = async () => {
    for (const scope of Object.keys(scopes)) {
      const lines = [SCOPES[scope] ?? scope];
      scopes[scope] = await ask({ title: '设置', lines, yes: '允许', no: '不允许' });
    }
    saveScopes();
    return { authSetting: { ...scopes } };
  };
  async('openSetting', openSetting);
  openTypes.openSetting = (component) => void openSetting().then((result) => fire(component, 'opensetting', result));
  openTypes.agreePrivacyAuthorization = (component) => {
    change({ privacy: 'agreed' });
    fire(component, 'agreeprivacyauthorization', { errMsg: 'agreePrivacyAuthorization:ok' });
    for (const resolve of waiting.splice(0)) resolve();
  };
  onSettings((changed) => {
    if (changed.privacy === 'ask') waiting = [];
  });
}
