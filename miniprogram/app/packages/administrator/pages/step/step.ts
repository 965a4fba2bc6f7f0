// 确认管理员: where this step stands and what comes next.
import { screen } from '../../../../behaviors/screen';

Page({ behaviors: [screen] });
