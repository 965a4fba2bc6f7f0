// 服务购买: where this step stands and what comes next.
import { screen } from '../../../../behaviors/screen';

Page({ behaviors: [screen] });
