// `?bare=1` (or a phone inside the desk): only the phone. Otherwise the desk with a phone on it.
function load(file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = file;
    script.onload = () => resolve();
    script.onerror = () => reject(new Error(`${file} could not be loaded`));
    document.head.append(script);
  });
}

const bare = new URLSearchParams(location.search).has('bare');
void (async () => {
  for (const file of bare ? ["runtime.js", "app/main.js"] : ["shell.js"]) await load(file);
})();

export {};
