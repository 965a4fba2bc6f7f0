// E证通's own SDK (mp_ecard_sdk, copied in from Tencent) is handed to the app in app.ts; without it that way cannot be taken.
interface EidSdk {
  startEid(options: { data: { token: string }; verifyDoneCallback: (result: { token: string; verifyDone: boolean }) => void }): void;
}

/** The SDK with a promise around it, or null when the app has none. */
export function eid(): { start(token: string): Promise<void> } | null {
  const { eidSdk } = getApp<{ eidSdk?: EidSdk }>();
  if (!eidSdk) return null;
  return { start: (token) => new Promise((resolve) => eidSdk.startEid({ data: { token }, verifyDoneCallback: () => resolve() })) };
}
