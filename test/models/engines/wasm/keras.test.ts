import { COMMON_LAYERS } from '../../../contracts/engine.ts';
import { kerasContract } from '../../../contracts/keras.ts';
import { wasmPass } from './pass.ts';

kerasContract('our own kernels', async () => wasmPass(), { layers: COMMON_LAYERS });
