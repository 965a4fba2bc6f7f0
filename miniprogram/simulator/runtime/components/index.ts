// All base components.
import { installButtons } from './button.ts';
import { installCamera } from './camera.ts';
import { installContainers } from './containers.ts';
import { installForms } from './form.ts';
import { installInputs } from './input.ts';
import { installPictures } from './picture.ts';
import { installScrolling } from './scroll.ts';
import { installText } from './text.ts';

export function installComponents() {
  installContainers();
  installText();
  installPictures();
  installButtons();
  installInputs();
  installForms();
  installScrolling();
  installCamera();
}
